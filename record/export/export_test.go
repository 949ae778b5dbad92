package export_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"torg"
	"torg/record"
	"torg/record/export"
)

// A name is never a spreadsheet's formula, and a figure never text.
func TestNamesAreNoFormulas(t *testing.T) {
	var b strings.Builder
	people := []record.Participant{{ID: "a", Name: "=HYPERLINK(\"x\")", NameEN: "-2+3"}, {ID: "b", Name: "Завод, «Север»\n\"1\""}}
	if err := export.Participants(&b, people); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if rows[1][1] != "'=HYPERLINK(\"x\")" || rows[1][2] != "'-2+3" || rows[2][1] != people[1].Name {
		t.Errorf("%q", rows)
	}
}

// A missing reading is an empty cell, never 0, and energy that was fed out keeps
// its sign.
func TestMissingIsEmpty(t *testing.T) {
	var b strings.Builder
	zero, out := torg.Energy(0), torg.Energy(-5120)
	if err := export.Readings(&b, []record.Reading{{Site: "s"}, {Site: "s", Energy: &zero, Q50: &out}}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || rows[1][2] != "" || rows[2][2] != "0" || rows[2][5] != "-5120" {
		t.Errorf("%q, %v", rows, err)
	}
}
