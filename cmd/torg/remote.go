package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"torg/config"
)

// remote are the flags of commands that ask a running market which requires a login.
type remote struct {
	Key string `help:"API key, where the market requires a login; better in the environment, where other users do not read it." env:"TORG_KEY"`
	CA  string `help:"PEM file of the market's authority, as torg tls init makes it, in place of the system's." name:"ca" env:"TORG_CA" type:"path"`
}

// caller are the flags of remote for commands whose --key is a private key.
type caller struct {
	APIKey string `name:"api-key" help:"API key, where the market requires a login; better in the environment, where other users do not read it." env:"TORG_KEY,TORG_API_KEY"`
	CA     string `help:"PEM file of the market's authority, as torg tls init makes it, in place of the system's." name:"ca" env:"TORG_CA" type:"path"`
}

func (c caller) remote() remote { return remote{Key: c.APIKey, CA: c.CA} }

// do sends a request with the key. It sends none where others could read it.
func (r remote) do(request *http.Request) (*http.Response, error) {
	if key := strings.TrimSpace(r.Key); key != "" {
		if request.URL.Scheme != "https" && config.Loopback(withPort(request.URL.Host)) != nil {
			return nil, usage(fmt.Errorf("%s is asked without TLS: the key would go over the network in plain", request.URL.Host))
		}
		request.Header.Set("Authorization", "Bearer "+key)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if r.CA != "" {
		body, err := os.ReadFile(r.CA)
		if err != nil {
			return nil, usage(fmt.Errorf("--ca: %w", err))
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(body) {
			return nil, usage(fmt.Errorf("--ca %s: no certificate in PEM", r.CA))
		}
		client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	}
	answer, err := client.Do(request)
	if unknown := new(x509.UnknownAuthorityError); errors.As(err, unknown) {
		return nil, usage(fmt.Errorf("%s: its certificate is signed by an authority that is not known here: name it with --ca", request.URL.Host))
	}
	if err != nil {
		return nil, fmt.Errorf("no market answers: %w", err)
	}
	return answer, nil
}

func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), "80")
}
