resource "tfe_agent_pool" "main" {
  organization = var.org
  name         = "rack"
}

resource "tfe_agent_token" "main" {
  agent_pool_id = tfe_agent_pool.main.id
  description   = "rack"
}
