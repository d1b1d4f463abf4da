# Notifications, run triggers, run tasks and tokens of agents: recorded, never used.
resource "tfe_workspace" "this" {
  for_each     = toset(["network", "apps"])
  organization = var.org
  name         = each.key
}

resource "tfe_notification_configuration" "hook" {
  name             = "hook"
  enabled          = true
  destination_type = "generic"
  triggers         = ["run:created", "run:errored"]
  url              = "https://example.com/hook"
  token            = "not-a-real-token"
  workspace_id     = tfe_workspace.this["apps"].id
}

resource "tfe_notification_configuration" "mail" {
  name             = "mail"
  destination_type = "email"
  email_addresses  = ["ops@example.com"]
  workspace_id     = tfe_workspace.this["apps"].id
}

resource "tfe_run_trigger" "this" {
  workspace_id  = tfe_workspace.this["apps"].id
  sourceable_id = tfe_workspace.this["network"].id
}

resource "tfe_organization_run_task" "scan" {
  organization = var.org
  name         = "scan"
  url          = "https://example.com/scan"
  enabled      = true
  description  = "looks at plans"
}

resource "tfe_workspace_run_task" "scan" {
  workspace_id      = tfe_workspace.this["apps"].id
  task_id           = tfe_organization_run_task.scan.id
  enforcement_level = "advisory"
}

resource "tfe_agent_pool" "rack" {
  organization = var.org
  name         = "rack"
}

resource "tfe_agent_token" "rack" {
  agent_pool_id = tfe_agent_pool.rack.id
  description   = "rack"
}
