data "tfe_organization" "this" {
  name = var.org
}

resource "tfe_oauth_client" "this" {
  name                = "course"
  organization        = data.tfe_organization.this.name
  api_url             = "https://api.github.com"
  http_url            = "https://github.com"
  oauth_token         = "not-a-real-token"
  service_provider    = "github"
  organization_scoped = true
}

resource "tfe_project" "this" {
  name         = "course"
  organization = data.tfe_organization.this.name
}

resource "tfe_project_oauth_client" "this" {
  project_id      = tfe_project.this.id
  oauth_client_id = tfe_oauth_client.this.id
}

resource "tfe_workspace" "repos" {
  name                  = "course-repos"
  organization          = data.tfe_organization.this.name
  project_id            = tfe_project.this.id
  working_directory     = "modules/repos"
  auto_apply            = true
  file_triggers_enabled = true
  trigger_patterns      = ["**/repos/**/*"]
  vcs_repo {
    identifier         = "acme/course"
    branch             = "cicd"
    ingress_submodules = false
    oauth_token_id     = tfe_oauth_client.this.oauth_token_id
  }
}

resource "tfe_workspace" "page" {
  depends_on             = [tfe_workspace.repos]
  name                   = "course-page"
  organization           = data.tfe_organization.this.name
  project_id             = tfe_project.this.id
  working_directory      = "modules/page"
  auto_apply             = false
  file_triggers_enabled  = true
  trigger_patterns       = ["**/page/**/*"]
  auto_apply_run_trigger = true
  vcs_repo {
    identifier         = "acme/course"
    branch             = "cicd"
    ingress_submodules = false
    oauth_token_id     = tfe_oauth_client.this.oauth_token_id
  }
}

resource "tfe_workspace_settings" "repos" {
  workspace_id              = tfe_workspace.repos.id
  execution_mode            = "remote"
  remote_state_consumer_ids = [tfe_workspace.page.id]
}
