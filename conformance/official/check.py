"""Sends the example requests of Bowline's own OpenAPI document, and holds each answer against HashiCorp's document.

usage: check.py OFFICIAL_DOCUMENT DIFFERENCES
DIFFERENCES has a line for each known difference, `METHOD PATH: what`, each below a comment that says why it stays. A
difference that is not listed fails the run, and so does a line that no answer shows any more.
"""

import json
import os
import re
import sys

import requests
from jsonschema import Draft202012Validator

ADDRESS, ORGANIZATION = os.environ["TFE_ADDRESS"], os.environ["TFE_ORGANIZATION"]
HEADERS = {
    "Authorization": f"Bearer {os.environ['TFE_TOKEN']}",
    "Content-Type": "application/vnd.api+json",
}
# Known only to OpenAPI 3.0, or of no use here.
SKIPPED = {"nullable", "example", "description", "discriminator", "default", "title", "readOnly", "writeOnly"}


def shape(path):
    """A path without the names of its parameters, by which paths of both documents are compared."""
    return re.sub(r"\{[^}]*\}", "{}", re.sub(r"^/api/v2", "", path))


def json_schema(schema):
    """A schema of OpenAPI 3.0 as JSON Schema, for answers."""
    if "$ref" in schema:
        return {"$ref": "#/$defs/" + schema["$ref"].rsplit("/", 1)[1]}
    converted = {}
    for name, value in schema.items():
        if name in SKIPPED or name.startswith("x-"):
            continue
        if name == "properties":
            value = {key: False if prop.get("writeOnly") else json_schema(prop) for key, prop in value.items()}
        elif name in ("items", "additionalProperties", "not") and isinstance(value, dict):
            value = json_schema(value)
        elif name in ("allOf", "anyOf", "oneOf"):
            value = [json_schema(part) for part in value]
        converted[name] = value
    return {"anyOf": [{"type": "null"}, converted]} if schema.get("nullable") else converted


class Official:
    def __init__(self, document):
        self.components = document["components"]
        self.definitions = {name: json_schema(schema) for name, schema in self.components["schemas"].items()}
        self.operations = {
            (method, shape(path)): operation
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in ("get", "post", "patch", "put", "delete")
        }

    def differences(self, operation, answer):
        responses = operation["responses"]
        response = responses.get(str(answer.status_code)) or responses.get("default")
        if response is None:
            yield f"status {answer.status_code}"
            return
        if "$ref" in response:
            response = self.components["responses"][response["$ref"].rsplit("/", 1)[1]]
        content = next(iter(response.get("content", {}).values()), None)
        if content is None or not answer.content:
            return
        schema = {"$defs": self.definitions, **json_schema(content["schema"])}
        for error in Draft202012Validator(schema).iter_errors(answer.json()):
            yield from leaves(error)


def leaves(error):
    if not error.context:
        place = "/".join("*" if isinstance(part, int) else part for part in error.absolute_path)
        yield f"/{place} {error.validator}"
        return
    # Of alternatives, the one that is not null says what is wrong.
    for part in error.context:
        if part.validator != "type" or part.validator_value != "null":
            yield from leaves(part)


class Walk:
    """Bowline's operations, with the ids that were met on the way."""

    def __init__(self, own):
        self.paths = own["paths"]
        account = self.ask("get", "/api/v2/account/details").json()
        self.known = {"organization": ORGANIZATION, "user": account["data"]["id"]}

    def ask(self, method, path, body=None):
        return requests.request(method, ADDRESS + path, headers=HEADERS, json=body, timeout=60)

    def fill(self, path):
        names = re.findall(r"\{([^}]*)\}", path)
        if any(name not in self.known for name in names):
            return None
        return re.sub(r"\{([^}]*)\}", lambda match: self.known[match[1]], path)

    def learn(self, answer):
        """The id of a new resource, under the parameter's name in the path where it lives."""
        where = answer.headers.get("Location", "")
        for path in self.paths:
            found = re.fullmatch(re.sub(r"\{([^}]*)\}", r"(?P<\1>[^/]+)", path), where)
            if found:
                self.known.update({name: value for name, value in found.groupdict().items() if name not in self.known})

    def examples(self, operation):
        content = operation.get("requestBody", {}).get("content", {})
        examples = next(iter(content.values()), {}).get("examples", {})
        return [example["value"] for example in examples.values()] or [None]

    def requests(self):
        """Each operation with each example: first what creates, last what deletes."""
        for method in ("post", "get", "patch", "delete"):
            for path in sorted(self.paths, key=lambda path: (path.count("{"), path)):
                operation = self.paths[path].get(method)
                if operation is None or "/actions/" in path or not path.startswith("/api/v2"):
                    continue
                for body in self.examples(operation):
                    target = self.fill(path)
                    if target is not None:
                        yield method, path, target, body


def main():
    official = Official(json.load(open(sys.argv[1])))
    listed = [line.strip() for line in open(sys.argv[2]) if line.strip() and not line.startswith("#")]
    walk = Walk(requests.get(f"{ADDRESS}/openapi.json", timeout=60).json())
    compared, found = 0, {}
    for method, path, target, body in walk.requests():
        answer = walk.ask(method, target, body)
        walk.learn(answer)
        operation = official.operations.get((method, shape(path)))
        if operation is None:
            continue
        compared += 1
        for difference in official.differences(operation, answer):
            found.setdefault(f"{method.upper()} {path}: {difference}", answer.text[:300])
    unknown = [line for line in sorted(found) if line not in listed]
    unseen = [line for line in listed if line not in found]
    for line in unknown:
        print(f"not listed: {line}\n    {found[line]}")
    for line in unseen:
        print(f"listed, and not seen any more: {line}")
    print(f"{compared} answers compared, {len(found)} differences, {len(unknown)} of them not listed")
    sys.exit(1 if unknown or unseen or compared < 50 else 0)


if __name__ == "__main__":
    main()
