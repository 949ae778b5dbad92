package main

import (
	"slices"
	"testing"

	"torg/config"
)

// The market answers under the address that it says is its site, and beyond loopback
// under none that nobody named.
func TestNamesOfTheSite(t *testing.T) {
	for listen, want := range map[string]bool{"127.0.0.2:8080": true, "[::1]:8080": true, "localhost:8080": true, "192.0.2.1:8080": false, "0.0.0.0:8080": false} {
		host := listen[:len(listen)-len(":8080")]
		if host == "[::1]" {
			host = "::1"
		}
		d := door{loopback: config.Loopback(listen) == nil}
		got := d.names(config.Config{Listen: listen, Hosts: "torg.example"})
		if slices.Contains(got, host) != want || !slices.Contains(got, "torg.example") || !slices.Contains(got, "127.0.0.1") {
			t.Errorf("%s: %q", listen, got)
		}
	}
}
