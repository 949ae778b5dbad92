package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"torg"
	"torg/account"
	"torg/datadir"
	"torg/store"
)

type accountCmd struct {
	Admit    accountAdmitCmd    `cmd:"" help:"Add an account and print its one-time password."`
	List     accountListCmd     `cmd:"" help:"List accounts."`
	Disable  accountDisableCmd  `cmd:"" help:"End an account's sessions, refuse its keys and logins."`
	Enable   accountEnableCmd   `cmd:"" help:"Undo disable."`
	Password accountPasswordCmd `cmd:"" help:"Print a new one-time password and end the account's sessions."`
	Key      accountKeyCmd      `cmd:"" help:"Make an API key and print its secret, once."`
	Keys     accountKeysCmd     `cmd:"" help:"List an account's API keys."`
	Revoke   accountRevokeCmd   `cmd:"" help:"Revoke an API key."`
	Log      accountLogCmd      `cmd:"" help:"List logins and changes of accounts, the newest first."`
}

// office are the flags that say whose accounts are meant. The market may run.
type office struct {
	Config   string `help:"Configuration file." env:"TORG_CONFIG" type:"path"`
	Data     string `help:"Folder of chain, keys and tables (torg-data)." env:"TORG_DATA" type:"path"`
	Database string `help:"postgres://... in place of SQLite in the data folder." env:"TORG_DATABASE"`
}

// open opens the tables; made says that a folder may be made for them.
func (o office) open(ctx context.Context, made bool) (*store.Store, *account.Desk, error) {
	c, err := settings{Config: o.Config, Data: o.Data, Database: o.Database}.resolve()
	if err != nil {
		return nil, nil, err
	}
	dsn := c.Database
	if dsn == "" {
		path := filepath.Join(c.Data, "torg.db")
		if made {
			if err := datadir.Prepare(c.Data); err != nil {
				return nil, nil, usage(err)
			}
		} else if _, err := os.Stat(path); err != nil {
			return nil, nil, usage(fmt.Errorf("%s holds no accounts: torg account admit makes the first", c.Data))
		}
		dsn = "sqlite:" + path
	}
	s, err := store.Open(ctx, dsn)
	if err != nil {
		return nil, nil, err
	}
	return s, account.NewDesk(s.Accounts(), account.NewHasher(account.Strength, 1), time.Now), nil
}

// work opens the tables, does something and says what of it was refused in words.
func (o office) work(ctx context.Context, name string, made bool, do func(*store.Store, *account.Desk) error) error {
	s, desk, err := o.open(ctx, made)
	if err != nil {
		return err
	}
	err = do(s, desk)
	switch refusal := torg.RefusalOf(err); {
	case refusal == torg.ErrExists:
		err = usage(fmt.Errorf("account %q is there already", name))
	case refusal == torg.ErrUnknown && !errors.Is(err, errUsage):
		err = usage(fmt.Errorf("no such account or key of account %q", name))
	case refusal != "":
		err = usage(err)
	}
	return errors.Join(err, s.Close())
}

type accountAdmitCmd struct {
	office
	Name        string `arg:"" help:"Login name: a-z, digits, '.', '_', '-' and '@'."`
	Role        string `help:"owner, operator or approver." required:"" placeholder:"ROLE"`
	Participant string `help:"Whom an owner owns." placeholder:"ID"`
}

// Run adds an account.
func (a accountAdmitCmd) Run(ctx context.Context) error {
	name, err := account.Name(a.Name)
	if err != nil {
		return usage(err)
	}
	wanted := account.Account{Name: name, Role: account.Role(a.Role), Participant: torg.ParticipantID(a.Participant)}
	if err := wanted.Valid(); err != nil {
		return usage(err)
	}
	return a.work(ctx, name, true, func(s *store.Store, desk *account.Desk) error {
		if err := known(ctx, s, wanted.Participant); err != nil {
			return usage(err)
		}
		password, err := desk.Admit(ctx, account.Console, name, wanted.Role, wanted.Participant)
		if err != nil {
			return err
		}
		if wanted.Role == account.Owner {
			say("Account %s, owner of %s", name, wanted.Participant)
		} else {
			say("Account %s, %s", name, wanted.Role)
		}
		sayPassword(password)
		return nil
	})
}

func sayPassword(password string) {
	say("One-time password: %s", password)
	say("It opens the change of itself and nothing else, for %d days.", int(account.OneTimeLife.Hours()/24))
}

// known refuses a participant whom the tables do not know. Tables that are new know
// nobody, and take everybody.
func known(ctx context.Context, s *store.Store, id torg.ParticipantID) error {
	if id == "" {
		return nil
	}
	sites, err := s.Sites(ctx)
	if err != nil {
		return err
	}
	var all []string
	for _, at := range sites {
		if at.Participant == id {
			return nil
		}
		if !slices.Contains(all, string(at.Participant)) {
			all = append(all, string(at.Participant))
		}
	}
	if len(all) == 0 {
		say("Nobody takes part here yet: %s is taken as it is", id)
		return nil
	}
	slices.Sort(all)
	return fmt.Errorf("participant %q does not take part here; there are %s", id, strings.Join(all[:min(len(all), 20)], ", "))
}

type accountListCmd struct{ office }

// Run lists accounts.
func (a accountListCmd) Run(ctx context.Context) error {
	return a.work(ctx, "", false, func(_ *store.Store, desk *account.Desk) error {
		all, err := desk.Accounts(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tROLE\tPARTICIPANT\tSTATE\tADMITTED\tPASSWORD SET")
		for _, x := range all {
			state := "active"
			switch {
			case x.Disabled:
				state = "disabled"
			case x.MustChange:
				state = "one-time password"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", x.Name, x.Role, x.Participant, state, x.Created.Format(time.DateOnly), x.Changed.Format(time.DateOnly))
		}
		return w.Flush()
	})
}

// named are the flags of commands about one account.
type named struct {
	office
	Name string `arg:"" help:"Login name."`
}

type accountDisableCmd struct{ named }

// Run disables an account.
func (a accountDisableCmd) Run(ctx context.Context) error {
	return a.work(ctx, a.Name, false, func(_ *store.Store, desk *account.Desk) error {
		if err := desk.Disable(ctx, account.Console, a.Name); err != nil {
			return err
		}
		say("Account %s is disabled: its sessions have ended, its keys are refused", a.Name)
		if there, err := desk.Operators(ctx); err != nil || !there {
			say("There is no operator left: torg account admit NAME --role operator")
		}
		return nil
	})
}

type accountEnableCmd struct{ named }

// Run enables an account.
func (a accountEnableCmd) Run(ctx context.Context) error {
	return a.work(ctx, a.Name, false, func(_ *store.Store, desk *account.Desk) error {
		if err := desk.Enable(ctx, account.Console, a.Name); err != nil {
			return err
		}
		say("Account %s is enabled", a.Name)
		return nil
	})
}

type accountPasswordCmd struct{ named }

// Run gives an account a one-time password.
func (a accountPasswordCmd) Run(ctx context.Context) error {
	return a.work(ctx, a.Name, false, func(_ *store.Store, desk *account.Desk) error {
		password, err := desk.Reset(ctx, account.Console, a.Name)
		if err != nil {
			return err
		}
		say("Account %s: its sessions have ended", a.Name)
		sayPassword(password)
		return nil
	})
}

type accountKeyCmd struct {
	named
	Scope   string `help:"read, trade, operate, separated by commas." default:"read"`
	Expires string `help:"How long it lives, such as 90d or 12h." default:"90d"`
	Label   string `help:"What the key is for." default:"key"`
}

// Run makes a key.
func (a accountKeyCmd) Run(ctx context.Context) error {
	scopes, err := account.ParseScopes(a.Scope)
	if err != nil {
		return usage(err)
	}
	life, err := days(a.Expires)
	if err != nil {
		return usage(err)
	}
	return a.work(ctx, a.Name, false, func(_ *store.Store, desk *account.Desk) error {
		secret, k, err := desk.MakeKey(ctx, account.Console, a.Name, a.Label, scopes, life)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "Key %s of %s: %s until %s. The secret is shown once:\n", k.Handle(), k.Account, k.Scope(), k.Expires.Format(time.DateOnly))
		_, err = fmt.Println(secret)
		return err
	})
}

// days reads a length of time in whole days, such as 90d, or as Go writes it.
func days(s string) (time.Duration, error) {
	if n, ok := strings.CutSuffix(s, "d"); ok {
		if d, err := strconv.ParseUint(n, 10, 16); err == nil {
			return time.Duration(d) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(s); err == nil {
		return d, nil
	}
	return 0, fmt.Errorf("--expires %q: must be such as 90d or 12h", s)
}

type accountKeysCmd struct{ named }

// Run lists keys.
func (a accountKeysCmd) Run(ctx context.Context) error {
	return a.work(ctx, a.Name, false, func(s *store.Store, desk *account.Desk) error {
		name, err := account.Name(a.Name)
		if err != nil {
			return err
		}
		if _, err := s.Accounts().Account(ctx, name); err != nil {
			return err
		}
		all, err := desk.Keys(ctx, name)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "KEY\tLABEL\tSCOPES\tEXPIRES\tLAST USED")
		for _, k := range all {
			used := "never"
			if !k.Used.IsZero() {
				used = k.Used.Format(time.DateTime)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.Handle(), k.Name, k.Scope(), k.Expires.Format(time.DateOnly), used)
		}
		return w.Flush()
	})
}

type accountRevokeCmd struct {
	named
	Key string `arg:"" help:"Key, as torg account keys lists it."`
}

// Run revokes a key.
func (a accountRevokeCmd) Run(ctx context.Context) error {
	return a.work(ctx, a.Name, false, func(_ *store.Store, desk *account.Desk) error {
		if err := desk.Revoke(ctx, account.Console, a.Name, a.Key); err != nil {
			return err
		}
		say("Key %s of %s is revoked", a.Key, a.Name)
		return nil
	})
}

type accountLogCmd struct {
	office
	Name  string `arg:"" optional:"" help:"Only this account's."`
	Limit int    `help:"How many at most." default:"100"`
}

// Run lists the record of deeds.
func (a accountLogCmd) Run(ctx context.Context) error {
	if a.Limit < 1 || a.Limit > account.KeepEntries {
		return usage(fmt.Errorf("--limit %d: must be 1 to %d", a.Limit, account.KeepEntries))
	}
	return a.work(ctx, a.Name, false, func(s *store.Store, _ *account.Desk) error {
		all, err := s.Accounts().Entries(ctx, a.Name, a.Limit)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "TIME\tDEED\tACCOUNT\tBY\tADDRESS\tDETAIL")
		for _, e := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Time.Format(time.RFC3339), e.Deed, e.Account, e.By, e.Address, e.Detail)
		}
		return w.Flush()
	})
}
