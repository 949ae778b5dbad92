package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// The files of an archive.
const (
	fileGenesis   = "genesis.json"
	fileBlocks    = "blocks"
	fileOrders    = "orders.csv"
	fileContracts = "contracts.csv"
	fileLog       = "log.json"
	fileManifest  = "manifest.json"
)

// format is what a manifest is. A changed form gets another number.
const format = "torg archive 1"

// manifest says what the files of a closed day are.
type manifest struct {
	Format  string    `json:"format"`
	ChainID string    `json:"chain_id"`
	Genesis string    `json:"genesis_sha256"`
	Day     string    `json:"day"`
	First   int64     `json:"first_height"`
	Last    int64     `json:"last_height"`
	Time    time.Time `json:"last_time"`
	Hash    string    `json:"last_block_hash"`
	Whole   int64     `json:"whole_blocks"` // the others did nothing
	Files   []listed  `json:"files"`
}

// listed is a file in a manifest.
type listed struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// lists says whether a manifest lists the files that a day has: log.json may be missing.
func (m manifest) lists() bool {
	var names []string
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	derived := []string{fileBlocks, fileOrders, fileContracts}
	return slices.Equal(names, derived) || slices.Equal(names, append(derived, fileLog))
}

// encode returns the one form of a manifest.
func (m manifest) encode() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	return append(text, '\n'), err
}

// maxManifest bounds a manifest in bytes.
const maxManifest = 1 << 20

// readManifest reads the manifest at a path, which must be in the form that encode gives.
func readManifest(path string) (m manifest, err error) {
	text, err := readFile(path, maxManifest)
	if err != nil {
		return m, err
	}
	if err = json.Unmarshal(text, &m); err == nil {
		var again []byte
		if again, err = m.encode(); err == nil && !bytes.Equal(again, text) {
			err = errors.New("not in the form in which manifests are written")
		}
	}
	if err != nil {
		return m, fmt.Errorf("%s: damaged: %w", path, err)
	}
	if m.Format != format {
		return m, fmt.Errorf("%s: format %q, this program knows %q", path, m.Format, format)
	}
	if !m.lists() {
		return m, fmt.Errorf("%s: damaged: it lists other files than an archive has", path)
	}
	if day := filepath.Base(filepath.Dir(path)); m.Day != day || m.First < 1 || m.Last < m.First || DayOf(m.Time) != day {
		return m, fmt.Errorf("%s: damaged: blocks %d to %d of day %q", path, m.First, m.Last, m.Day)
	}
	return m, nil
}

// readFile reads a file of at most so many bytes.
func readFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = errors.New("too large")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// list makes a file's line in a manifest.
func list(dir, name string) (listed, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return listed{}, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return listed{}, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return listed{Name: name, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// hexSum is the SHA-256 of bytes in hexadecimal digits.
func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
