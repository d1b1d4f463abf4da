# What is published from a repository: a policy set for some workspaces, and a stack.
resource "tfe_oauth_client" "github" {
  name             = "published"
  organization     = var.org
  api_url          = "https://api.github.com"
  http_url         = "https://github.com"
  oauth_token      = "not-a-real-token"
  service_provider = "github"
}

resource "tfe_project" "published" {
  organization = var.org
  name         = "published"
}

resource "tfe_workspace" "governed" {
  name         = "governed"
  organization = var.org
  project_id   = tfe_project.published.id
}

resource "tfe_policy_set" "cost" {
  name          = "cost"
  description   = "limits"
  organization  = var.org
  kind          = "opa"
  overridable   = true
  policies_path = "policies/cost"
  workspace_ids = [tfe_workspace.governed.id]
  vcs_repo {
    identifier     = "acme/policies"
    branch         = "main"
    oauth_token_id = tfe_oauth_client.github.oauth_token_id
  }
}

resource "tfe_policy_set" "everywhere" {
  name         = "everywhere"
  organization = var.org
  global       = true
  vcs_repo {
    identifier         = "acme/policies"
    ingress_submodules = true
    oauth_token_id     = tfe_oauth_client.github.oauth_token_id
  }
}

resource "tfe_workspace_policy_set_exclusion" "governed" {
  policy_set_id = tfe_policy_set.everywhere.id
  workspace_id  = tfe_workspace.governed.id
}

resource "tfe_policy_set" "of_project" {
  name         = "of-project"
  organization = var.org
}

resource "tfe_project_policy_set" "of_project" {
  policy_set_id = tfe_policy_set.of_project.id
  project_id    = tfe_project.published.id
}

resource "tfe_stack" "network" {
  name              = "network"
  description       = "all of it"
  project_id        = tfe_project.published.id
  working_directory = "network"
  trigger_patterns  = ["network/**"]
  vcs_repo {
    identifier     = "acme/stacks"
    branch         = "main"
    oauth_token_id = tfe_oauth_client.github.oauth_token_id
  }
}

resource "tfe_stack" "bare" {
  name       = "bare"
  project_id = tfe_project.published.id
}
