package orderbook

import (
	"bytes"
	"context"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"

	"torg"
)

// writeBack writes rows as orders.csv with all columns.
func writeBack(rows []row) string {
	b := []byte(strings.Join(names, ",") + "\n")
	for _, r := range rows {
		for _, f := range []string{r.id, r.party, r.side.String(), r.zone, strconv.FormatInt(int64(r.energy), 10), r.limit.String(), r.source, r.prefer} {
			b = append(appendField(b, f), ',')
		}
		b = append(appendField(b, r.avoid), '\n')
	}
	return string(b)
}

// FuzzOrders reads any bytes. Nothing panics, small blocks and large ones read the
// same, whatever is accepted reads the same after it was written back, and the standard
// library finds the same fields.
func FuzzOrders(f *testing.F) {
	for _, seed := range []string{
		"", "\n", head, "\uFEFF" + head, head + "o1,p1,buy,z1,10,7.12345\no2,p2,sell,z2,10000000000,-0.001\n",
		head + "o1,p1,buy,z1,10,\"7,1\"\r\n\r\n\"o\"\"2\n\",p2,sell,z2,3,4", head + "o1,p1,buy,z1\n", head + "o1,p1,buy,z1,1,1,1\n",
		head + "\"o1,p1,buy,z1,1,1\n", head + "\"o1\"x,p1,buy,z1,1,1\n", head + "o\"1,p1,buy,z1,1,1\n", head + "o1\r,p1,buy,z1,1,1\n", head + "o1,p1,buy,z1,1,1\r",
		"order,participant,side,zone,energy_wh,price,source,prefer,avoid,x\no1,p1,buy,z1,10,7.1,solar,p2 wind,p3,\xff\n",
		"price;order\n", "a,order,order\n", head + ",,,,,\n", head + "o1,p1,buy,z1,99999999999999999999,1e5\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ignored, err := rows(string(text), blockSize)
		small, _, smallErr := rows(string(text), 61)
		if smallErr == nil && (err != nil || !slices.Equal(got, small)) {
			t.Fatalf("blocks of 61 bytes: %v, whole: %v, %v", small, got, err)
		}
		if smallErr != nil && err == nil && !strings.Contains(smallErr.Error(), " 61 bytes") {
			t.Fatalf("blocks of 61 bytes: %v", smallErr)
		}
		if err != nil {
			return
		}
		again, none, err := rows(writeBack(got), blockSize)
		for i := range min(len(got), len(again)) {
			again[i].line = got[i].line
		}
		if err != nil || none != nil || !slices.Equal(got, again) {
			t.Fatalf("written back: %+v, %v; first %+v", again, err, got)
		}
		if !bytes.ContainsRune(text, '\r') {
			sameFields(t, text, got, ignored)
		}
		sameBook(t, text, got)
	})
}

// sameFields compares with the standard library's reader, which knows no byte order
// mark and turns CRLF inside quotes into LF.
func sameFields(t *testing.T, text []byte, got []row, ignored []string) {
	all, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\uFEFF")))).ReadAll()
	if err != nil || len(all) != len(got)+1 {
		t.Fatalf("%d rows; the standard library finds %d with the header, %v", len(got), len(all), err)
	}
	id, others := slices.Index(all[0], "order"), 0
	for _, name := range all[0] {
		if !slices.Contains(names, name) {
			others++
		}
	}
	if others != len(ignored) {
		t.Fatalf("ignored %q of %q", ignored, all[0])
	}
	for i, r := range got {
		if all[i+1][id] != r.id {
			t.Fatalf("row %d: order %q; the standard library finds %q", i, r.id, all[i+1][id])
		}
	}
}

// sameBook gives the rows to the market, as they came and as they were written back.
func sameBook(t *testing.T, text []byte, got []row) {
	c := torg.Complex{Pricing: torg.Split}
	for _, r := range got {
		if z := torg.ZoneID(r.zone); len(c.Zones) < 8 && torg.ValidID(r.zone) == nil && !slices.Contains(c.Zones, z) {
			c.Zones = append(c.Zones, z)
		}
	}
	if len(c.Zones) == 0 {
		return
	}
	first, _, err := Read(context.Background(), "o.csv", bytes.NewReader(text), c, nil)
	second, _, errBack := Read(context.Background(), "o.csv", strings.NewReader(writeBack(got)), c, nil)
	if (err == nil) != (errBack == nil) {
		t.Fatalf("first %v, written back %v", err, errBack)
	}
	if err != nil {
		return
	}
	if err := sameSheet(first, second); err != nil {
		t.Fatal(err)
	}
}
