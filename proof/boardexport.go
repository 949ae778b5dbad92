package proof

import (
	"bytes"
	"fmt"

	"torg"
	"torg/ledger"
	"torg/ledger/abci"
	"torg/sign"
)

// boardTrace is where in the chain a contract of the board is.
type boardTrace struct {
	height int64     // of the block that made it active
	slot   torg.Slot // whose session's root has it; with rooted false: none yet
	at     int       // among the leaves of that board's root
	rooted bool
}

// takeForward follows the ledger through what became of a contract of the board.
func (x *Index) takeForward(height int64, f *ledger.ForwardChanged) {
	id := f.Contract.ID()
	if f.State != ledger.ForwardActive || x.boards[id] != nil {
		return
	}
	x.boards[id] = &boardTrace{height: height, at: len(x.fresh)}
	x.fresh, x.waits = append(x.fresh, boardContract(f).Leaf()), append(x.waits, id)
}

func boardContract(f *ledger.ForwardChanged) ledger.BoardContract {
	return ledger.BoardContract{Contract: f.Contract, Fee: f.Fee, Path: f.Path, BuyerKey: f.BuyerKey, SellerKey: f.SellerKey}
}

// rooted puts the board's new contracts into a session's root.
func (x *Index) rooted(slot torg.Slot, s *session) {
	for _, id := range x.waits {
		x.boards[id].slot, x.boards[id].rooted = slot, true
	}
	s.board, x.fresh, x.waits = x.fresh, nil, nil
}

// exportBoard makes the proof of a contract of the board.
func (x *Index) exportBoard(chainID string, id torg.ContractID, b *boardTrace, from int64) (Files, abci.Trust, error) {
	if !b.rooted {
		return nil, abci.Trust{}, fmt.Errorf("no session has ended since both parties signed, ask again when one has: %w", torg.ErrNotOpen)
	}
	f, err := x.activated(id, b.height)
	if err != nil {
		return nil, abci.Trust{}, err
	}
	s := x.sessions[b.slot]
	d := boardDocument{Format: boardFormat, ChainID: chainID, Fee: f.Fee, Path: f.Path, Slot: b.slot}
	if err := x.climbBoard(&d, b, s); err != nil {
		return nil, abci.Trust{}, err
	}
	files := Files{fileContract: ledger.ForwardMessage(chainID, f.Contract), fileText: boardText(f.Contract)}
	keys := [][]byte{ledger.LogKey(), ledger.OwnerKey(f.Contract.Buyer), ledger.OwnerKey(f.Contract.Seller)}
	state, shown, err := x.state(&d.chained, chainID, s, from, keys)
	if err != nil {
		return nil, abci.Trust{}, err
	}
	for i, side := range sides {
		owner, err := ledger.ParseOwner(shown.Records[i+1])
		if err != nil {
			return nil, abci.Trust{}, fmt.Errorf("%s: %w", side.name, err)
		}
		d.party(side).OwnerRecord = state.Records[i+1]
		if err := x.boardParty(files, &d, side, f, b.height, owner); err != nil {
			return nil, abci.Trust{}, fmt.Errorf("%s: %w", side.name, err)
		}
	}
	files[fileProof] = encodeJSON(d)
	trust, err := state.Begins(chainID)
	if err != nil {
		return nil, abci.Trust{}, err
	}
	if _, err := Verify(files, trust); err != nil {
		return nil, abci.Trust{}, fmt.Errorf("what the chain says does not prove it: %w", err)
	}
	return files, trust, nil
}

// activated finds what a block said of a contract that it made active.
func (x *Index) activated(id torg.ContractID, height int64) (f *ledger.ForwardChanged, err error) {
	err = x.chain.Blocks(height, height, func(c ledger.Committed) error {
		for _, e := range c.Events {
			if e.Forward != nil && e.Forward.State == ledger.ForwardActive && e.Forward.Contract.ID() == id && f == nil {
				f = e.Forward
			}
		}
		return nil
	})
	if err == nil && f == nil {
		err = errNone
	}
	return f, err
}

// climbBoard sets the paths from the contract to the board's root and on to the session's.
func (x *Index) climbBoard(d *boardDocument, b *boardTrace, s *session) error {
	path, err := sign.Path(s.board, uint64(b.at))
	if err != nil {
		return err
	}
	d.ContractToBoard = steps(path)
	root := sign.Root(s.board)
	t, err := x.read(s, "")
	if err != nil {
		return err
	}
	parties, err := x.parties(t.contracts, s.ended)
	if err != nil {
		return err
	}
	leaves := s.leavesOf(parties)
	if path, err = sign.Path(leaves, uint64(len(leaves)-1)); err != nil {
		return err
	}
	session := sign.Root(leaves)
	d.BoardRoot, d.BoardToSession, d.SessionRoot = root[:], steps(path), session[:]
	return nil
}

// boardParty adds one side's files.
func (x *Index) boardParty(files Files, d *boardDocument, s side, f *ledger.ForwardChanged, height int64, owner []byte) error {
	_, site := f.Contract.Party(s.board())
	key, signature := f.BuyerKey, f.BuyerSigned
	if !s.buyer {
		key, signature = f.SellerKey, f.SellerSigned
	}
	files[s.file(fileOwner)], files[s.file(fileOrderSig)] = sign.PublicPEM(owner), signature
	if sign.Fingerprint(owner) == key {
		files[s.file(fileKey)] = sign.PublicPEM(owner)
		return nil
	}
	m, ok := x.signer(site, height, files[fileContract], signature)
	if !ok || !bytes.Equal(m.AgentKey[:], key[:]) {
		return fmt.Errorf("no mandate that was in force has the key that signed")
	}
	d.party(s).ByAgent = true
	files[s.file(fileKey)] = sign.PublicPEM(m.key)
	files[s.file(fileMandate)], files[s.file(fileMandateSig)] = ledger.MandateMessage(d.ChainID, m.Mandate), m.signature
	return nil
}
