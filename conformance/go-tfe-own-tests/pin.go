// Package pin holds the version of go-tfe whose own integration tests are run; go.sum holds its contents.
package pin

import _ "github.com/hashicorp/go-tfe"
