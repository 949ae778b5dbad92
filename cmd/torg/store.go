package main

import (
	"context"

	"torg/datadir"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/store"
)

type storeCmd struct {
	Rebuild storeRebuildCmd `cmd:"" help:"Make the tables anew from the ledger."`
}

type storeRebuildCmd struct {
	Data     string `help:"Data folder; its market must not run." default:"torg-data" env:"TORG_DATA" type:"path"`
	Database string `help:"postgres://... in place of SQLite in the data folder." env:"TORG_DATABASE"`
}

// Run rebuilds everything that comes from the ledger. Journal, settings, forecasts
// and generated history stay.
func (s storeRebuildCmd) Run(ctx context.Context) error {
	meta, err := datadir.Read(s.Data)
	if err != nil {
		return usage(err)
	}
	place, err := datadir.Reopen(s.Data, meta)
	if err != nil {
		return usage(err)
	}
	defer place.Close()
	dsn := "sqlite:" + place.Join("torg.db")
	if s.Database != "" {
		dsn = s.Database
	}
	tables, err := store.Open(ctx, dsn)
	if err != nil {
		return err
	}
	defer tables.Close()
	chain, err := abci.OpenFolder(place.Join("chain"), place.Join("archive"))
	if err != nil {
		return err
	}
	defer chain.Close()
	if err := tables.Bind(ctx, chain.Genesis()); err != nil {
		return err
	}
	height := chain.Height()
	err = tables.Rebuild(ctx, func(apply func(ledger.Committed) error) error {
		return chain.Blocks(1, height, apply)
	})
	if err != nil {
		return err
	}
	say("Rebuilt from %d blocks.", height)
	return nil
}
