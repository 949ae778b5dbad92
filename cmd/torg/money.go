package main

import (
	"context"
	"fmt"

	"torg"
	"torg/ledger"
)

type moneyCmd struct {
	Deposit  depositCmd  `cmd:"" help:"Credit money that came to the bank (operator)."`
	Withdraw withdrawCmd `cmd:"" help:"Ask for money to be paid out; it is reserved (owner)."`
	Cancel   cancelCmd   `cmd:"" help:"Take a withdrawal back that is not paid (owner)."`
	Pay      payCmd      `cmd:"" help:"Post a withdrawal to the bank (operator)."`
	Return   returnCmd   `cmd:"" help:"End a withdrawal, or without --participant a deposit that waits (operator)."`
	Approve  approveCmd  `cmd:"" help:"Let a withdrawal, or without --participant a deposit, pass beyond the operator's cap (approver)."`
}

// amount reads a sum of money, more than nothing.
func amount(text string) (torg.Money, error) {
	m, err := torg.ParseMoney(text)
	if err == nil && m <= 0 {
		err = fmt.Errorf("must be more than 0")
	}
	if err != nil {
		return 0, usage(fmt.Errorf("--amount %q: %w", text, err))
	}
	return m, nil
}

// named checks ids and references; an id may be left out where empty is allowed.
func entitled(participant string, optional bool, references ...string) error {
	if !optional || participant != "" {
		if err := torg.ValidID(participant); err != nil {
			return usage(fmt.Errorf("--participant: %w", err))
		}
	}
	for _, r := range references {
		if r == "" || len(r) > ledger.MaxReference {
			return usage(fmt.Errorf("reference %q: must have 1 to %d bytes", r, ledger.MaxReference))
		}
	}
	return nil
}

type depositCmd struct {
	signing
	delivery
	Participant string `help:"Whose balance it goes to." required:""`
	Amount      string `help:"Rubles, such as 1500.50." required:""`
	Reference   string `help:"The bank's reference; it counts once." required:""`
}

// Run signs and delivers a deposit.
func (c depositCmd) Run(ctx context.Context) error {
	m, err := amount(c.Amount)
	if err == nil {
		err = entitled(c.Participant, false, c.Reference)
	}
	if err != nil {
		return err
	}
	say("Credit %s RUB to %s under bank reference %q.", m, c.Participant, c.Reference)
	return send(ctx, c.signing, c.delivery, ledger.Deposit{Participant: torg.ParticipantID(c.Participant), Amount: m, Reference: c.Reference})
}

type withdrawCmd struct {
	signing
	delivery
	Participant string `help:"Who asks." required:""`
	Amount      string `help:"Rubles, such as 1500.50." required:""`
	Reference   string `help:"Your own name for this withdrawal; it counts once." required:""`
}

// Run signs and delivers a withdrawal.
func (c withdrawCmd) Run(ctx context.Context) error {
	m, err := amount(c.Amount)
	if err == nil {
		err = entitled(c.Participant, false, c.Reference)
	}
	if err != nil {
		return err
	}
	say("%s asks for %s RUB to be paid out, as %q.", c.Participant, m, c.Reference)
	return send(ctx, c.signing, c.delivery, ledger.Withdraw{Participant: torg.ParticipantID(c.Participant), Amount: m, Reference: c.Reference})
}

type cancelCmd struct {
	signing
	delivery
	Participant string `help:"Who asked." required:""`
	Reference   string `help:"The withdrawal." required:""`
}

// Run signs and delivers the end of a withdrawal by its owner.
func (c cancelCmd) Run(ctx context.Context) error {
	if err := entitled(c.Participant, false, c.Reference); err != nil {
		return err
	}
	return send(ctx, c.signing, c.delivery, ledger.Cancel{Participant: torg.ParticipantID(c.Participant), Reference: c.Reference})
}

type payCmd struct {
	signing
	delivery
	Participant   string `help:"Who asked." required:""`
	Reference     string `help:"The withdrawal." required:""`
	BankReference string `help:"Number of the payment order; it counts once." required:""`
}

// Run signs and delivers a payment.
func (c payCmd) Run(ctx context.Context) error {
	if err := entitled(c.Participant, false, c.Reference, c.BankReference); err != nil {
		return err
	}
	return send(ctx, c.signing, c.delivery, ledger.Pay{Participant: torg.ParticipantID(c.Participant), Reference: c.Reference, BankReference: c.BankReference})
}

type returnCmd struct {
	signing
	delivery
	Participant string `help:"Who asked for the withdrawal; left out: a deposit."`
	Reference   string `help:"The withdrawal, or the deposit's bank reference." required:""`
}

// Run signs and delivers the end of a withdrawal or of a waiting deposit.
func (c returnCmd) Run(ctx context.Context) error {
	if err := entitled(c.Participant, true, c.Reference); err != nil {
		return err
	}
	return send(ctx, c.signing, c.delivery, ledger.Return{Participant: torg.ParticipantID(c.Participant), Reference: c.Reference})
}

type approveCmd struct {
	signing
	delivery
	Participant string `help:"Who asked for the withdrawal; left out: a deposit."`
	Reference   string `help:"The withdrawal, or the deposit's bank reference." required:""`
}

// Run signs and delivers an approval.
func (c approveCmd) Run(ctx context.Context) error {
	if err := entitled(c.Participant, true, c.Reference); err != nil {
		return err
	}
	return send(ctx, c.signing, c.delivery, ledger.Approve{Participant: torg.ParticipantID(c.Participant), Reference: c.Reference})
}

func send(ctx context.Context, s signing, d delivery, b ledger.Body) error {
	tx, err := s.encode(b)
	if err != nil {
		return err
	}
	return d.deliver(ctx, tx)
}
