// Package conformance asks a server for more than it gives: go-tfe is to get everything all the same, by its own
// waiting. TFE_ADDRESS and TFE_TOKEN say which server; it allows BOWLINE_RATE_LIMIT requests a second.
package conformance

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-tfe"
)

const (
	limit = 30
	calls = 200
)

var ctx = context.Background()

// watch counts the answers by what they say of the limit.
type watch struct {
	announced, refused, told atomic.Int64
}

func (w *watch) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if request.URL.Path == "/api/v2/ping" && response.Header.Get("X-RateLimit-Limit") == strconv.Itoa(limit) {
		w.announced.Add(1)
	}
	if response.StatusCode == http.StatusTooManyRequests {
		w.refused.Add(1)
		wait, err := strconv.ParseFloat(response.Header.Get("X-RateLimit-Reset"), 64)
		if err == nil && wait > 0 && wait <= 1 {
			w.told.Add(1)
		}
	}
	return response, nil
}

func client(t *testing.T, w *watch) *tfe.Client {
	t.Helper()
	c, err := tfe.NewClient(&tfe.Config{HTTPClient: &http.Client{Transport: w}})
	if err != nil {
		t.Fatalf("a client: %v", err)
	}
	return c
}

// burst makes all calls at once, spread over the clients.
func burst(t *testing.T, clients []*tfe.Client) time.Duration {
	t.Helper()
	var done sync.WaitGroup
	began := time.Now()
	for n := range calls {
		done.Add(1)
		go func() {
			defer done.Done()
			if _, err := clients[n%len(clients)].Users.ReadCurrent(ctx); err != nil {
				t.Errorf("call %d: %v", n, err)
			}
		}()
	}
	done.Wait()
	return time.Since(began)
}

// One client holds itself to what it has read from ping: two thirds of the limit, a third of it at once.
func TestOneClientKeepsToTheLimitThatItRead(t *testing.T) {
	w := &watch{}
	took := burst(t, []*tfe.Client{client(t, w)})
	if w.announced.Load() != 1 {
		t.Errorf("the limit was announced %d times, not once", w.announced.Load())
	}
	itself := float64(limit) * 0.66
	if least := (calls - float64(limit)*0.33) / itself; took.Seconds() < least-1 {
		t.Errorf("%d calls took %v: the client did not hold itself to %.1f a second", calls, took, itself)
	}
}

// Many clients of one user exceed the limit together. Each call is made again until it passes.
func TestABurstOfManyClientsCompletes(t *testing.T) {
	w := &watch{}
	clients := make([]*tfe.Client, 20)
	for n := range clients {
		clients[n] = client(t, w)
	}
	took := burst(t, clients)
	if w.refused.Load() == 0 {
		t.Error("nothing was refused: the limit was not met")
	}
	if w.told.Load() != w.refused.Load() {
		t.Errorf("of %d refusals only %d said how long to wait", w.refused.Load(), w.told.Load())
	}
	if least := float64(calls-limit) / limit; took.Seconds() < least {
		t.Errorf("%d calls took %v: more than %d a second passed", calls, took, limit)
	}
	t.Logf("%d calls in %v, %d refusals", calls, took, w.refused.Load())
}
