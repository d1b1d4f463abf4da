data "tfe_project" "this" {
  count        = 1
  organization = var.org
  name         = "Default Project"
}

resource "tfe_oauth_client" "seed" {
  name             = "vcs"
  organization     = var.org
  api_url          = "https://api.github.com"
  http_url         = "https://github.com"
  oauth_token      = "not-a-real-token"
  service_provider = "github"
}

data "tfe_oauth_client" "client" {
  count        = 1
  organization = var.org
  name         = tfe_oauth_client.seed.name
}

resource "tfe_workspace" "consumer" {
  name         = "consumer"
  organization = var.org
}

resource "tfe_workspace" "this" {
  name                          = "settings"
  allow_destroy_plan            = true
  assessments_enabled           = true
  auto_apply                    = true
  auto_apply_run_trigger        = true
  description                   = "many settings"
  file_triggers_enabled         = true
  organization                  = var.org
  project_id                    = length(data.tfe_project.this) > 0 ? data.tfe_project.this[0].id : null
  queue_all_runs                = false
  source_name                   = "a module"
  source_url                    = "https://example.com/module"
  speculative_enabled           = true
  structured_run_output_enabled = true
  tags                          = { stage = "dev", owner = "ops" }
  terraform_version             = "~> 1.9.0"
  trigger_patterns              = ["dev/**"]
  working_directory             = "dev"
  vcs_repo {
    identifier         = "acme/settings"
    branch             = "main"
    ingress_submodules = false
    oauth_token_id     = data.tfe_oauth_client.client[0].oauth_token_id
  }
  lifecycle {
    ignore_changes = [source_url]
  }
}

resource "tfe_workspace_settings" "this" {
  workspace_id              = tfe_workspace.this.id
  execution_mode            = "local"
  global_remote_state       = false
  remote_state_consumer_ids = [tfe_workspace.consumer.id]
}

resource "tfe_workspace_settings" "vmp" {
  workspace_id        = tfe_workspace.consumer.id
  execution_mode      = "remote"
  assessments_enabled = true
}
