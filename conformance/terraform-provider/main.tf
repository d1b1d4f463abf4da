# What a team that manages its VCS connections with Terraform has; step 2 changes all that can change in place.

terraform {
  required_providers {
    tfe = { source = "hashicorp/tfe" }
  }
}

variable "host" {}
variable "step" { type = number }

provider "tfe" {
  hostname = var.host
}

locals {
  second = var.step == 2
}

resource "tfe_organization" "acme" {
  name                          = "acme"
  email                         = local.second ? "new@example.com" : "ops@example.com"
  allow_force_delete_workspaces = local.second
}

resource "tfe_project" "platform" {
  organization = tfe_organization.acme.name
  name         = "platform"
  description  = local.second ? "what all others stand on" : null
  tags         = local.second ? { stage = "live" } : {}
}

resource "tfe_oauth_client" "github" {
  organization        = tfe_organization.acme.name
  name                = "github"
  api_url             = "https://api.github.com"
  http_url            = "https://github.com"
  service_provider    = "github"
  oauth_token         = local.second ? "rotated" : "first"
  organization_scoped = false
}

resource "tfe_oauth_client" "without_a_name" {
  organization     = tfe_organization.acme.name
  api_url          = "https://gitlab.example.com/api/v4"
  http_url         = "https://gitlab.example.com"
  service_provider = "gitlab_enterprise_edition"
  oauth_token      = "first"
}

resource "tfe_oauth_client" "data_center" {
  organization     = tfe_organization.acme.name
  name             = "data center"
  api_url          = "https://bitbucket.example.com"
  http_url         = "https://bitbucket.example.com"
  service_provider = "bitbucket_data_center"
  key              = "consumer"
  secret           = <<-KEY
    -----BEGIN RSA PRIVATE KEY-----
    cut short
    -----END RSA PRIVATE KEY-----
  KEY
  rsa_public_key   = <<-KEY
    -----BEGIN PUBLIC KEY-----
    cut short
    -----END PUBLIC KEY-----
  KEY
}

resource "tfe_project_oauth_client" "platform" {
  project_id      = tfe_project.platform.id
  oauth_client_id = tfe_oauth_client.github.id
}

resource "tfe_workspace" "linked" {
  organization = tfe_organization.acme.name
  project_id   = tfe_project.platform.id
  name         = local.second ? "linked-anew" : "linked"
  force_delete = true
  vcs_repo {
    identifier         = "acme/infra"
    branch             = local.second ? "main" : null
    oauth_token_id     = tfe_oauth_client.github.oauth_token_id
    ingress_submodules = local.second
  }
  depends_on = [tfe_project_oauth_client.platform]
}

resource "tfe_workspace" "unlinked" {
  organization = tfe_organization.acme.name
  name         = "unlinked"
  dynamic "vcs_repo" {
    for_each = local.second ? [] : [1]
    content {
      identifier     = "acme/apps"
      oauth_token_id = tfe_oauth_client.without_a_name.oauth_token_id
    }
  }
}

resource "tfe_team" "plumbers" {
  organization = tfe_organization.acme.name
  name         = local.second ? "fitters" : "plumbers"
  visibility   = "organization"
  organization_access {
    manage_vcs_settings = true
    manage_workspaces   = local.second
  }
}

resource "tfe_team" "bare" {
  organization = tfe_organization.acme.name
  name         = "bare"
}

resource "tfe_team_token" "plumbers" {
  team_id    = tfe_team.plumbers.id
  expired_at = "2099-01-01T00:00:00Z"
}

resource "tfe_team_token" "described" {
  team_id     = tfe_team.plumbers.id
  description = "pipeline"
}

resource "tfe_organization_token" "acme" {
  organization = tfe_organization.acme.name
}

resource "tfe_agent_pool" "rack" {
  organization = tfe_organization.acme.name
  name         = local.second ? "rack-2" : "rack-1"
}

data "tfe_oauth_client" "by_id" {
  oauth_client_id = tfe_project_oauth_client.platform.oauth_client_id
}

data "tfe_oauth_client" "by_name" {
  organization = tfe_organization.acme.name
  name         = tfe_oauth_client.github.name
}

data "tfe_oauth_client" "by_provider" {
  organization     = tfe_organization.acme.name
  service_provider = tfe_oauth_client.data_center.service_provider
}

check "what_the_data_sources_say" {
  assert {
    condition     = data.tfe_oauth_client.by_name.id == data.tfe_oauth_client.by_id.id
    error_message = "the client found by name is another one"
  }
  assert {
    condition     = data.tfe_oauth_client.by_id.project_ids == toset([tfe_project.platform.id])
    error_message = "the client does not list its project"
  }
  assert {
    condition     = data.tfe_oauth_client.by_id.service_provider_display_name == "GitHub"
    error_message = "the client has another display name"
  }
}

output "token_id" {
  value = tfe_oauth_client.github.oauth_token_id
}

output "client_id" {
  value = tfe_oauth_client.github.id
}

output "import_id" {
  value = "${tfe_organization.acme.name}/${tfe_project.platform.id}/${tfe_oauth_client.github.name}"
}
