package archive

import (
	"bytes"
	"testing"
	"time"

	"torg"
	"torg/ledger"
)

// A contract of the board is in the table once, in the block that brought the second
// signature, with a row for each step that has energy.
func TestBoardContractsInTables(t *testing.T) {
	f := torg.Forward{
		Proposer: torg.Buy, Number: 3, Buyer: "mill", BuyerSite: "mill-1", Seller: "wind", SellerSite: "wind-1",
		Profile: torg.Profile{First: 10, Steps: []torg.Step{{Slots: 2, Energy: 500, Price: 480_000}, {Slots: 1}, {Slots: 4, Energy: 100, Price: -1}}},
		SignBy:  time.Unix(100, 0).UTC(),
	}
	conclude, err := ledger.Encode("test", ledger.Conclude{Contract: f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	active := []ledger.Event{{Forward: &ledger.ForwardChanged{Contract: f, State: ledger.ForwardActive, Fee: 2, Path: []torg.ZoneID{"z2", "z1"}, Open: f.Profile}}}
	var orders, contracts bytes.Buffer
	tables := newTables(torg.Calendar{Interval: 30 * time.Second}, &orders, &contracts)
	for _, c := range []ledger.Committed{
		{Block: ledger.Block{Height: 7, Time: time.Unix(9, 0).UTC(), Txs: [][]byte{conclude}}, Result: ledger.Result{Codes: []torg.Refusal{torg.ErrFunds}, Events: active}},
		{Block: ledger.Block{Height: 8, Time: time.Unix(9, 0).UTC(), Txs: [][]byte{conclude}}, Result: ledger.Result{Codes: []torg.Refusal{""}, Events: active}},
		{Block: ledger.Block{Height: 9, Time: time.Unix(9, 0).UTC()}, Result: ledger.Result{Events: active}},
	} {
		tables.add(c)
	}
	if err := tables.flush(); err != nil {
		t.Fatal(err)
	}
	_, rows, _ := bytes.Cut(contracts.Bytes(), []byte("\n"))
	const want = "8,1970-01-01T00:00:09Z,19700101T000500Z,0,mill-1.f3,0,,,mill,wind,500,4.80002,4.8,mill-1,wind-1,z1,z2,2\n" +
		"8,1970-01-01T00:00:09Z,19700101T000630Z,0,mill-1.f3,0,,,mill,wind,100,0.00001,-0.00001,mill-1,wind-1,z1,z2,4\n"
	if string(rows) != want {
		t.Errorf("the rows are\n%swant\n%s", rows, want)
	}
}
