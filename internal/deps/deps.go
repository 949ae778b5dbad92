//go:build deps

// Package deps pins modules while the packages that use them are being written.
package deps

import (
	_ "github.com/a-h/templ"
	_ "github.com/alecthomas/kong"
	_ "github.com/chromedp/chromedp"
	_ "github.com/cometbft/cometbft-db"
	_ "github.com/cometbft/cometbft/node"
	_ "github.com/cosmos/cosmos-db"
	_ "github.com/cosmos/iavl"
	_ "github.com/danielgtaylor/huma/v2"
	_ "github.com/danielgtaylor/huma/v2/adapters/humago"
	_ "github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/nats-io/nats-server/v2/server"
	_ "github.com/nats-io/nats.go"
	_ "github.com/nicksnyder/go-i18n/v2/i18n"
	_ "github.com/pressly/goose/v3"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/transparency-dev/merkle/compact"
	_ "github.com/transparency-dev/merkle/rfc6962"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/text/language"
	_ "google.golang.org/protobuf/proto"
	_ "gopkg.in/yaml.v3"
	_ "modernc.org/sqlite"
	_ "pgregory.net/rapid"
)
