package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"torg/bus"
	"torg/decide"
)

type decideCmd struct {
	Serve decideServeCmd `cmd:"" help:"Serve decisions on a market's bus until interrupted."`
}

type decideServeCmd struct {
	Bus  string `help:"The bus's address, nats://TOKEN@HOST:PORT; in place of --data." env:"TORG_BUS_URL"`
	Data string `help:"Data folder of the running market, which says where its bus is." default:"torg-data" env:"TORG_DATA" type:"path"`
}

// Run serves until ctx ends.
func (d decideServeCmd) Run(ctx context.Context) error {
	url := d.Bus
	if url == "" {
		b, err := os.ReadFile(filepath.Join(d.Data, busFile))
		if errors.Is(err, os.ErrNotExist) {
			return usage(fmt.Errorf("%s has no %s: no market has run there; give --data or --bus", d.Data, busFile))
		}
		if err != nil {
			return usage(err)
		}
		url = strings.TrimSpace(string(b))
	}
	conn, err := bus.Connect(url, "decide")
	if err != nil {
		return usage(err)
	}
	defer conn.Close()
	stop, err := decide.Serve(conn, decide.Local{})
	if err != nil {
		return err
	}
	defer stop()
	say("Deciding for agents with %s. Ctrl-C stops; the market goes on.", strings.Join(decide.Names(), ", "))
	<-ctx.Done()
	return nil
}
