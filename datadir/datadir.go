// Package datadir is the folder in which a market keeps what it must not lose. It
// has a version, belongs to one scenario and is used by one process at a time.
package datadir

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Version is the layout that this program writes and reads.
const Version = 2

const (
	metaFile = "torg.json"
	lockFile = "lock"
)

// Meta is what torg.json says about a folder.
type Meta struct {
	Version     int       `json:"version"`
	ChainID     string    `json:"chain_id"`
	Scenario    string    `json:"scenario"`    // its name
	Fingerprint string    `json:"fingerprint"` // SHA-256 of the resolved scenario
	Created     time.Time `json:"created"`
	Offset      int64     `json:"offset"` // slots by which recorded meters are replayed later than they were read
}

// Dir is an open folder.
type Dir struct {
	Path string
	Meta Meta
	New  bool // it was made by this Open
	lock *os.File
}

// Open opens or makes a folder for a scenario. It refuses one that another process
// uses, that a newer Torg wrote, that belongs to another scenario, or whose
// torg.json is damaged, and leaves such a one as it is.
func Open(path, scenario string, resolved []byte, offset int64) (*Dir, error) {
	sum := sha256.Sum256(resolved)
	fingerprint := hex.EncodeToString(sum[:])
	if err := refuseForeign(path); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock, err := acquire(path)
	if err != nil {
		return nil, err
	}
	d := &Dir{Path: path, lock: lock}
	if err := d.meta(scenario, fingerprint, offset); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Dir) meta(scenario, fingerprint string, offset int64) error {
	m, err := readMeta(d.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.New = true
		d.Meta = Meta{
			Version: Version, ChainID: "torg-" + strings.ToLower(rand.Text()[:8]), Scenario: scenario,
			Fingerprint: fingerprint, Created: time.Now().UTC().Truncate(time.Second), Offset: offset,
		}
		return writeMeta(d.Path, d.Meta)
	case err != nil:
		return err
	case m.Version != Version:
		return other(d.Path, m.Version)
	case m.Fingerprint != fingerprint:
		return fmt.Errorf("data folder %s belongs to the scenario %q as it was on %s, which is not this one: choose another --data, or `torg reset --data %s`",
			d.Path, m.Scenario, m.Created.Format("2006-01-02"), d.Path)
	}
	d.Meta = m
	return nil
}

// Reopen opens a folder for whatever scenario it belongs to.
func Reopen(path string, m Meta) (*Dir, error) {
	if m.Version != Version {
		return nil, other(path, m.Version)
	}
	lock, err := acquire(path)
	if err != nil {
		return nil, err
	}
	return &Dir{Path: path, Meta: m, lock: lock}, nil
}

// other refuses a folder of another version than this program's.
func other(path string, version int) error {
	if version < Version {
		return fmt.Errorf("data folder %s has version %d, this program begins at %d: use the torg that wrote it, or `torg reset --data %s`", path, version, Version, path)
	}
	return fmt.Errorf("data folder %s has version %d, this program knows up to %d: use a newer torg", path, version, Version)
}

// Close lets other processes use the folder.
func (d *Dir) Close() error { return d.lock.Close() }

// Join returns a path inside the folder.
func (d *Dir) Join(name string) string { return filepath.Join(d.Path, name) }

// Read returns what a folder's torg.json says, without opening the folder.
func Read(path string) (Meta, error) {
	m, err := readMeta(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s is no data folder of torg: it has no %s", path, metaFile)
	}
	return m, err
}

// Reset deletes a data folder. It refuses a folder that is none of Torg's or that a
// process uses.
func Reset(path string) error {
	if _, err := Read(path); err != nil && !damaged(err) {
		return err
	}
	lock, err := acquire(path)
	if err != nil {
		return err
	}
	defer lock.Close()
	return os.RemoveAll(path)
}

// errDamaged marks a torg.json that cannot be read.
var errDamaged = errors.New("damaged")

func damaged(err error) bool { return errors.Is(err, errDamaged) }

func readMeta(path string) (Meta, error) {
	file := filepath.Join(path, metaFile)
	b, err := os.ReadFile(file)
	if err != nil {
		return Meta{}, fmt.Errorf("data folder: %w", err)
	}
	var m Meta
	if err := json.Unmarshal(b, &m); err != nil || m.Version < 1 || m.ChainID == "" || len(m.Fingerprint) != 64 {
		return Meta{}, fmt.Errorf("%s is %w: restore it from a backup", file, errDamaged)
	}
	return m, nil
}

func writeMeta(path string, m Meta) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(path, metaFile+".*")
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	_, err = f.Write(append(b, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(path, metaFile))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("data folder: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// refuseForeign keeps Torg out of folders that hold something else.
func refuseForeign(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() == metaFile || e.Name() == lockFile {
			return nil
		}
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty and no data folder of torg: choose another --data", path)
	}
	return nil
}

func acquire(path string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(path, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("data folder %s is used by another torg", path), f.Close())
	}
	return f, nil
}
