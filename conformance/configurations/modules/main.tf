# A private registry: modules from tags, from a branch and without a repository, and a no-code module of each kind of version.
resource "tfe_oauth_client" "github" {
  name             = "modules"
  organization     = var.org
  api_url          = "https://api.github.com"
  http_url         = "https://github.com"
  oauth_token      = "not-a-real-token"
  service_provider = "github"
}

resource "tfe_agent_pool" "tests" {
  name         = "tests"
  organization = var.org
}

resource "tfe_registry_module" "tagged" {
  organization = var.org
  vcs_repo {
    display_identifier = "acme/terraform-aws-network"
    identifier         = "acme/terraform-aws-network"
    oauth_token_id     = tfe_oauth_client.github.oauth_token_id
    tags               = true
  }
}

resource "tfe_registry_module" "unset" {
  organization    = var.org
  name            = "monorepo"
  module_provider = "aws"
  vcs_repo {
    display_identifier = "ACME/monorepo"
    identifier         = "acme/monorepo"
    oauth_token_id     = tfe_oauth_client.github.oauth_token_id
    source_directory   = "modules/database"
    tag_prefix         = "database/"
  }
}

resource "tfe_registry_module" "branch" {
  organization    = var.org
  initial_version = "1.0.0"
  vcs_repo {
    display_identifier = "acme/terraform-aws-cluster"
    identifier         = "acme/terraform-aws-cluster"
    oauth_token_id     = tfe_oauth_client.github.oauth_token_id
    branch             = "main"
    tags               = false
  }
  test_config {
    tests_enabled        = true
    agent_execution_mode = "agent"
    agent_pool_id        = tfe_agent_pool.tests.id
  }
}

resource "tfe_registry_module" "bare" {
  organization    = var.org
  name            = "bare"
  module_provider = "aws"
  registry_name   = "private"
}

resource "tfe_no_code_module" "tagged" {
  organization    = var.org
  registry_module = tfe_registry_module.tagged.id
  version_pin     = "2.3.4"
}

resource "tfe_no_code_module" "branch" {
  organization    = var.org
  registry_module = tfe_registry_module.branch.id
  version_pin     = "1.0.0"
  enabled         = true
  variable_options {
    name    = "region"
    type    = "string"
    options = ["eu", "us"]
  }
}

resource "tfe_no_code_module" "bare" {
  organization    = var.org
  registry_module = tfe_registry_module.bare.id
}
