# shellcheck shell=bash disable=SC2034
# Which Gitea, and where it is.
version=v1.26.4
sum=h1:VDA00oYg16VrQf3sES0NuS/oiDLAIVng/7jKHsBMP/w=
gitea=$CONFORMANCE_CACHE/gitea-$version/gitea

# The folder of the module: the templates are read from there.
gitea_module() {
    go mod download -json "code.gitea.io/gitea@$version" | python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])'
}
