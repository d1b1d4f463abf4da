# Beside each configuration while it runs.
terraform {
  required_providers {
    tfe = { source = "hashicorp/tfe" }
  }
}

variable "host" { type = string }
variable "org" { type = string }

provider "tfe" {
  hostname = var.host
}
