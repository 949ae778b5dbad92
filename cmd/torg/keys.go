package main

import (
	"context"
	"encoding/hex"
	"fmt"

	"torg"
	"torg/ledger"
	"torg/sign"
)

type keysCmd struct {
	Add    keysAddCmd    `cmd:"" help:"Give a participant one more owner key."`
	Remove keysRemoveCmd `cmd:"" help:"End one of a participant's owner keys."`
}

type keysAddCmd struct {
	signing
	delivery
	Participant string `help:"Whose key it becomes." required:""`
	Sequence    uint32 `help:"1 for the participant's first change of keys, then one more each time." required:""`
	New         string `help:"File with the new private key, which signs too; a PKCS#12 one has the same password." required:"" type:"path"`
}

// Run signs, with an old key and with the new one, and delivers.
func (c keysAddCmd) Run(ctx context.Context) error {
	if err := entitled(c.Participant, false); err != nil {
		return err
	}
	fresh, err := signing{Key: c.New, Password: c.Password, ChainID: c.ChainID}.signer()
	if err != nil {
		return fmt.Errorf("--new: %w", err)
	}
	der, err := sign.PublicDER(fresh.Public())
	if err != nil {
		return usage(fmt.Errorf("--new: %w", err))
	}
	p := torg.ParticipantID(c.Participant)
	proof, err := sign.Sign(fresh, ledger.KeyMessage(c.ChainID, p, c.Sequence, der))
	if err != nil {
		return err
	}
	say("%s gets the key %x.", p, sign.Fingerprint(der))
	return send(ctx, c.signing, c.delivery, ledger.Keys{Participant: p, Sequence: c.Sequence, Add: []ledger.NewKey{{Key: der, Proof: proof}}})
}

type keysRemoveCmd struct {
	signing
	delivery
	Participant string `help:"Whose key ends." required:""`
	Sequence    uint32 `help:"1 for the participant's first change of keys, then one more each time." required:""`
	Fingerprint string `help:"SHA-256 of the key's PKIX DER in hexadecimal." required:""`
}

// Run signs and delivers the end of a key.
func (c keysRemoveCmd) Run(ctx context.Context) error {
	if err := entitled(c.Participant, false); err != nil {
		return err
	}
	raw, err := hex.DecodeString(c.Fingerprint)
	if err != nil || len(raw) != len(torg.Fingerprint{}) {
		return usage(fmt.Errorf("--fingerprint %q: must have 64 hexadecimal digits", c.Fingerprint))
	}
	say("The key %x of %s ends. Mandates that it signed stay in force until they are revoked or expire.", raw, c.Participant)
	return send(ctx, c.signing, c.delivery, ledger.Keys{
		Participant: torg.ParticipantID(c.Participant), Sequence: c.Sequence, Remove: []torg.Fingerprint{torg.Fingerprint(raw)},
	})
}
