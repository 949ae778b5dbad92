package ledger

import (
	"torg"
	"torg/canon"
)

// A Body is what a transaction says. Each kind says who has to sign it.
type Body interface {
	kind() kind
	append(w *canon.Writer)
}

type kind uint8

const (
	kindAdmit kind = iota + 1
	kindDeposit
	kindGrant
	kindRevoke
	kindOrders
	kindTick
	kindBands
	kindStatements
	kindReadings
	kindClose
)

// Largest numbers of things in one transaction.
const (
	MaxTxBytes   = 2 << 20
	MaxSites     = 64     // of one Admit
	MaxOrders    = 5_000  // of one Orders, and statements of one Statements
	MaxReadings  = 20_000 // of one Readings, and bands of one Bands
	MaxReference = 128    // bytes of a bank reference
)

type (
	// Admit makes a participant and its sites known. The operator signs it. A
	// second Admit of the same participant with the same key adds sites.
	Admit struct {
		Participant torg.ParticipantID
		OwnerKey    []byte // PKIX DER, RSA-3072; 2048 is taken too
		Sites       []torg.Site
	}

	// Deposit puts money from the bank on a participant's balance. The operator
	// signs it; a reference counts once.
	Deposit struct {
		Participant torg.ParticipantID
		Amount      torg.Money // more than 0
		Reference   string
	}

	// Grant is a mandate. The participant's owner signs it. A new one for the
	// same site replaces the old; the same one counts once.
	Grant struct {
		Mandate  torg.Mandate
		AgentKey []byte // PKIX DER, RSA-2048 or 3072
	}

	// Revoke ends a site's mandate from its place in the block on. The owner
	// signs it. Orders not cleared yet are withdrawn, and the key is dead for the
	// site: a new mandate needs a new one. A key that is not the mandate's in force is
	// refused: no mandate that was replaced comes back anyway.
	Revoke struct {
		Participant torg.ParticipantID
		Site        torg.SiteID
		AgentKey    torg.Fingerprint
	}

	// Orders carries signed orders of one session and discovery. Nobody signs the
	// envelope: each order binds by its agent's signature, and an order that is
	// refused does not harm the others. An order's id is torg.NewOrderID's.
	Orders struct {
		Slot      torg.Slot
		Discovery int
		Orders    []SignedOrder
	}

	// SignedOrder is an order and its agent's signature over OrderMessage.
	SignedOrder struct {
		Order     torg.Order
		Signature []byte
	}

	// Tick makes the chain produce a block whose time passes a gate. Anybody may
	// send one; Attempt keeps repeated ticks distinct.
	Tick struct {
		Slot    torg.Slot
		Attempt uint32
	}

	// Bands publishes the forecast bands of a session before its first gate. The
	// operator signs it. Low and High bound what a site still has to trade in its
	// settlement interval up to the end of the slot, net, consumption plus.
	Bands struct {
		Slot  torg.Slot
		Bands []Band
	}

	// Band is one site's published forecast band.
	Band struct {
		Site      torg.SiteID
		Low, High torg.Energy
	}

	// Statements carries parties' signed statements of one session.
	Statements struct {
		Slot       torg.Slot
		Statements []SignedStatement
	}

	// SignedStatement is a site's signature over the RFC 6962 root of all its
	// contracts in a session, ordered by contract id.
	SignedStatement struct {
		Site      torg.SiteID
		Root      [32]byte
		Signature []byte // over StatementMessage, by the agent's key
	}

	// Readings brings metered net energy of one slot. The operator signs it.
	// Sites may be missing and come later; a site's reading of a slot counts once,
	// unless it replaces an estimate. An empty one says that nothing was read.
	Readings struct {
		Slot       torg.Slot
		Readings   []torg.Reading
		Connection *torg.Energy // the connection's own meter, import plus; nil: not metered, the sum of the sites
	}

	// Close ends the running month after Slot, which has been delivered, so that
	// no_worse settles a run that ends inside a month: at once if the slot is
	// settled, else when it is. The interval that contains it is cut there, and
	// what follows belongs to a month of its own. The operator signs it.
	Close struct {
		Slot torg.Slot
	}
)

func (Admit) kind() kind      { return kindAdmit }
func (Deposit) kind() kind    { return kindDeposit }
func (Grant) kind() kind      { return kindGrant }
func (Revoke) kind() kind     { return kindRevoke }
func (Orders) kind() kind     { return kindOrders }
func (Tick) kind() kind       { return kindTick }
func (Bands) kind() kind      { return kindBands }
func (Statements) kind() kind { return kindStatements }
func (Readings) kind() kind   { return kindReadings }
func (Close) kind() kind      { return kindClose }
