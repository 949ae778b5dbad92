package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Writer adds blocks to an archive. It is stopped safely at any point: what is half
// written then is cut off by the next one. One goroutine uses it.
type Writer struct {
	*Archive
	file *os.File // of the day that is open; nil: none is
}

// Begin makes an archive in a folder that has none.
func Begin(dir string, genesis []byte) (*Archive, error) {
	if _, err := parseGenesis(genesis); err != nil {
		return nil, fmt.Errorf("archive: %s: %w", fileGenesis, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	if err := writeFile(filepath.Join(dir, fileGenesis), genesis); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return Open(dir)
}

// Writer returns what adds to the archive behind its newest block. It cuts off half a
// block at the end.
func (a *Archive) Writer() (*Writer, error) {
	w := &Writer{Archive: a}
	if n := len(a.days); n == 0 || a.days[n-1].closed {
		return w, nil
	}
	if err := w.open(a.days[len(a.days)-1]); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	a.torn = 0
	return w, nil
}

// open opens the newest day to add to it.
func (w *Writer) open(s span) (err error) {
	if w.file, err = os.OpenFile(w.path(s.name, fileBlocks), os.O_WRONLY|os.O_CREATE, 0o600); err != nil {
		return err
	}
	return w.cut(s.size)
}

// cut ends the open file where its records end.
func (w *Writer) cut(size int64) error {
	if err := w.file.Truncate(size); err != nil {
		return err
	}
	_, err := w.file.Seek(size, 0)
	return err
}

// Day returns the day that is open; empty: none is.
func (w *Writer) Day() string {
	if n := len(w.days); n > 0 && !w.days[n-1].closed {
		return w.days[n-1].name
	}
	return ""
}

// Append adds the block after the newest, to its day, which must be the open one or a
// new one. What it wrote survives the process, and the machine once Sync returned.
func (w *Writer) Append(b Block) error {
	if err := w.append(b); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

func (w *Writer) append(b Block) error {
	if want := w.top() + 1; b.Height != want {
		return fmt.Errorf("block %d where %d comes next", b.Height, want)
	}
	day := b.Day()
	if open := w.Day(); open == "" {
		if err := w.begin(day); err != nil {
			return err
		}
	} else if open != day {
		return fmt.Errorf("block %d of %s, while %s is open", b.Height, day, open)
	}
	s := w.days[len(w.days)-1]
	if s.last == 0 && b.Quiet() {
		return fmt.Errorf("block %d is its day's first and has no header", b.Height)
	}
	raw, err := b.record(s.time)
	if err != nil {
		return err
	}
	if _, err := w.file.Write(raw); err != nil {
		return errors.Join(err, w.cut(s.size)) // a full disk leaves whole records
	}
	if s.first == 0 {
		s.first = b.Height
	}
	s.last, s.time, s.hash, s.size = b.Height, b.Time, b.AppHash, s.size+int64(len(raw))
	w.set(s)
	return nil
}

// set changes what is known of the newest day.
func (w *Writer) set(s span) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.days[len(w.days)-1] = s
}

// begin opens a new day.
func (w *Writer) begin(day string) error {
	if n := len(w.days); n > 0 && w.days[n-1].name >= day {
		return fmt.Errorf("day %s after %s", day, w.days[n-1].name)
	}
	if err := os.MkdirAll(filepath.Join(w.dir, day), 0o700); err != nil {
		return err
	}
	s := span{name: day}
	if err := w.open(s); err != nil {
		return err
	}
	for _, dir := range []string{filepath.Join(w.dir, day), w.dir} {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.days = append(w.days, s)
	return nil
}

// Sync returns once what was added is on the disk.
func (w *Writer) Sync() error {
	if w.file == nil {
		return nil
	}
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

// CloseDay ends the open day: it derives the files for people and writes the manifest,
// which is the last thing, so that a day is closed whole or not at all. log, where there
// is one, becomes log.json.
func (w *Writer) CloseDay(log []byte) error {
	s := w.days[len(w.days)-1]
	err := w.file.Sync()
	if err == nil {
		err = w.closeDay(s, log)
	}
	if err != nil {
		return fmt.Errorf("archive: day %s: %w", s.name, err)
	}
	w.file.Close()
	w.file = nil
	s.closed, s.hash = true, nil
	w.set(s)
	return nil
}

func (w *Writer) closeDay(s span, log []byte) error {
	dir := filepath.Join(w.dir, s.name)
	files := []string{fileBlocks, fileOrders, fileContracts}
	for _, name := range []string{fileOrders, fileContracts, fileLog} {
		// Left by a process that was stopped here.
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	orders, err := os.Create(filepath.Join(dir, fileOrders))
	if err != nil {
		return err
	}
	defer orders.Close()
	contracts, err := os.Create(filepath.Join(dir, fileContracts))
	if err != nil {
		return err
	}
	defer contracts.Close()
	m, err := w.derive(s, orders, contracts)
	if err == nil {
		err = errors.Join(orders.Sync(), contracts.Sync())
	}
	if err != nil {
		return err
	}
	if log != nil {
		files = append(files, fileLog)
		if err := writeFile(filepath.Join(dir, fileLog), log); err != nil {
			return err
		}
	}
	if m.Files, err = listAll(dir, files); err != nil {
		return err
	}
	text, err := m.encode()
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, fileManifest), text)
}

func listAll(dir string, names []string) (files []listed, err error) {
	for _, name := range names {
		f, err := list(dir, name)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// Close lets go of the open day's file, with everything on the disk.
func (w *Writer) Close() error {
	if w.file == nil {
		return nil
	}
	err := errors.Join(w.Sync(), w.file.Close())
	w.file = nil
	return err
}

// writeFile writes a file whole or not at all, and returns when it is on the disk.
func writeFile(path string, b []byte) error {
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir returns when the names in a folder are on the disk.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
