package decide

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"torg"
	"torg/bus"
	"torg/internal/require"
)

// The program that docs/decide.md prints runs as it stands there.
func TestPythonProgramOfTheDocs(t *testing.T) {
	python, protoc := require.Python(t), ""
	if err := exec.Command(python, "-c", "import google.protobuf").Run(); err != nil {
		t.Skip("needs Python's package protobuf")
	}
	if path, err := exec.LookPath("protoc"); err != nil {
		t.Skip("needs protoc")
	} else {
		protoc = path
	}
	doc, err := os.ReadFile(filepath.Join(require.Root(t), "docs", "decide.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "```python\n")
	source, _, whole := strings.Cut(rest, "```")
	if !whole {
		t.Fatal("docs/decide.md has no program")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "flat.py"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(protoc, "--python_out="+dir, "--proto_path=decidepb", "decide.proto").CombinedOutput(); err != nil {
		t.Fatalf("protoc: %v: %s", err, out)
	}
	url := startBus(t)
	program := exec.Command(python, "flat.py", url)
	program.Dir, program.Stderr = dir, os.Stderr
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = program.Process.Kill()
		_ = program.Wait()
	}()

	s := producer()
	s.Site, s.Limits.MaxEnergy = "solar-1", 250
	q := Request{Session: "20260112T090000Z", Discovery: 1, Situations: []Situation{consumer(), s}}
	decisions := whenServed(t, Remote{connect(t, url)}, q)
	if len(decisions) != 2 || decisions[0].Side != torg.Buy || decisions[0].Energy != 400 || decisions[0].Limit != rub("4.8") ||
		decisions[1].Site != "solar-1" || decisions[1].Side != torg.Sell || decisions[1].Energy != 250 || decisions[1].Reason != "flat_price" {
		t.Errorf("%+v", decisions)
	}
}

// whenServed asks until a decision program is there.
func whenServed(t *testing.T, asker Remote, q Request) []Decision {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		decisions, err := asker.Decide(ctx, q)
		if err == nil {
			return decisions
		}
		if !strings.Contains(err.Error(), bus.ErrNobody.Error()) {
			t.Fatal(err)
		}
	}
}
