package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"torg/datadir"
	"torg/ledger/abci"
	"torg/ledger/archive"
	"torg/proof"
)

type ledgerArchiveCmd struct {
	Verify ledgerArchiveVerifyCmd `cmd:"" help:"Check an archive offline, from one trusted header."`
}

type ledgerArchiveVerifyCmd struct {
	Data    string `help:"Data folder, whose archive and chain are checked; its market must not run." env:"TORG_DATA" type:"path" xor:"place"`
	Archive string `help:"An archive alone, such as a copy of torg-data/archive." type:"path" xor:"place"`
	Trust   string `help:"HEIGHT:HASH of a header of the chain that you trust." required:""`
}

// Run checks an archive and says what it shows. One that does not hold is exit status 1.
func (v ledgerArchiveVerifyCmd) Run() error {
	trust, err := abci.ParseTrust(v.Trust)
	if err != nil {
		return usage(fmt.Errorf("--trust %w", err))
	}
	if v.Archive != "" {
		a, err := archive.Open(v.Archive)
		if errors.Is(err, archive.ErrNone) {
			return usage(err)
		}
		if err != nil {
			return err
		}
		return v.verify(a, trust, nil)
	}
	if v.Data == "" {
		v.Data = "torg-data"
	}
	meta, err := datadir.Read(v.Data)
	if err != nil {
		return usage(err)
	}
	place, err := datadir.Reopen(v.Data, meta)
	if err != nil {
		return usage(err)
	}
	defer place.Close()
	if _, err := os.Stat(place.Join("archive")); errors.Is(err, fs.ErrNotExist) {
		return usage(fmt.Errorf("%s has no archive: torg up makes one", v.Data))
	}
	chain, err := abci.OpenFolder(place.Join("chain"), place.Join("archive"))
	if errors.Is(err, fs.ErrNotExist) {
		return usage(err) // a folder without a chain
	}
	if err != nil {
		return err
	}
	defer chain.Close()
	if chain.Archive() == nil {
		return usage(fmt.Errorf("%s has no archive: torg up makes one", v.Data))
	}
	return v.verify(chain.Archive(), trust, chain)
}

func (v ledgerArchiveVerifyCmd) verify(a *archive.Archive, trust abci.Trust, chain *abci.Folder) error {
	began := time.Now()
	shown, err := proof.VerifyArchive(a, trust, chain)
	if errors.Is(err, abci.ErrNoHeader) {
		return usage(err)
	}
	if err != nil {
		return fmt.Errorf("%s does not hold: %w", a.Dir(), err)
	}
	say("The archive of chain %s holds from header %s: blocks 1 to %d, %d of them with their headers, and %d contracts, in %s.",
		shown.ChainID, trust, shown.Blocks, shown.Whole, shown.Contracts, time.Since(began).Round(time.Millisecond))
	say("Of %d session roots that its contracts give, the first %d are in a log that a header commits to.", shown.Sessions, shown.Proven)
	if shown.Open {
		say("What its newest block did is in no header yet.")
	}
	return nil
}
