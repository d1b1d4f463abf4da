# Variables of a workspace, and sets that are attached to workspaces and projects, global, or owned by a project.
resource "tfe_project" "this" {
  organization = var.org
  name         = "factory"
}

resource "tfe_workspace" "this" {
  organization = var.org
  project_id   = tfe_project.this.id
  name         = "infra"
}

resource "tfe_variable" "region" {
  key          = "region"
  value        = "eu-central-1"
  category     = "terraform"
  description  = "where"
  workspace_id = tfe_workspace.this.id
}

resource "tfe_variable" "tags" {
  key          = "tags"
  value        = "{ stage = \"dev\" }"
  category     = "terraform"
  hcl          = true
  workspace_id = tfe_workspace.this.id
}

resource "tfe_variable_set" "credentials" {
  name         = "Cloud credentials"
  description  = "one account for all deployments"
  organization = var.org
}

resource "tfe_variable" "secret" {
  key             = "ACCESS_KEY"
  value           = "not-a-real-key"
  category        = "env"
  sensitive       = true
  variable_set_id = tfe_variable_set.credentials.id
}

resource "tfe_workspace_variable_set" "credentials" {
  variable_set_id = tfe_variable_set.credentials.id
  workspace_id    = tfe_workspace.this.id
}

resource "tfe_variable_set" "shared" {
  for_each     = toset(["one", "two"])
  name         = each.key
  organization = var.org
}

resource "tfe_project_variable_set" "shared" {
  for_each        = tfe_variable_set.shared
  project_id      = tfe_project.this.id
  variable_set_id = each.value.id
}

resource "tfe_variable_set" "everywhere" {
  name         = "everywhere"
  organization = var.org
  global       = true
  priority     = true
}

resource "tfe_variable_set" "owned" {
  name              = "of the project"
  organization      = var.org
  parent_project_id = tfe_project.this.id
}
