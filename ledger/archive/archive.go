package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Archive is a folder with the blocks of a chain. Many goroutines may read it, also
// while a Writer adds to it.
type Archive struct {
	dir     string
	genesis []byte

	mu   sync.RWMutex
	days []span
	torn int64 // bytes behind the newest day's last record, half of another
}

// span is what is known of a day without reading it.
type span struct {
	name        string
	first, last int64 // heights; 0: it has no block yet
	size        int64 // of its blocks in bytes
	closed      bool
	time        time.Time // of its last block
	hash        []byte    // of the state after that; nil where the day is closed
}

// ErrNone says that there is no archive in a folder.
var ErrNone = errors.New("there is no archive")

// Open looks through the archive in a folder: its manifests, the sizes of all files and,
// where a day is not closed, its blocks. It changes nothing. Its errors name the file
// that is damaged or missing in one line, and wrap ErrNone where there is none at all.
func Open(dir string) (*Archive, error) {
	a := &Archive{dir: dir}
	var err error
	if a.genesis, err = readFile(filepath.Join(dir, fileGenesis), maxBody); errors.Is(err, fs.ErrNotExist) {
		if list, _ := filepath.Glob(filepath.Join(dir, "????-??-??")); len(list) > 0 {
			return nil, fmt.Errorf("archive: %s: missing", filepath.Join(dir, fileGenesis))
		}
		return nil, fmt.Errorf("archive: %s: %w", dir, ErrNone)
	}
	if err == nil {
		err = a.look()
	}
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return a, nil
}

// look finds the days, of which all but the newest must be closed and follow each other.
func (a *Archive) look() error {
	entries, err := os.ReadDir(a.dir) // by name
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, err := time.Parse(dayForm, e.Name()); err != nil || !e.IsDir() {
			continue
		}
		if n := len(a.days); n > 0 && !a.days[n-1].closed {
			return fmt.Errorf("%s: missing, and the archive goes on after it", a.path(a.days[n-1].name, fileManifest))
		}
		s, err := a.lookAt(e.Name())
		if err != nil {
			return err
		}
		if err := a.gap(s); err != nil {
			return err
		}
		a.days = append(a.days, s)
	}
	return nil
}

// gap refuses a day that does not follow the one before it.
func (a *Archive) gap(s span) error {
	last, file := a.top(), fileBlocks
	if s.closed {
		file = fileManifest
	}
	switch path := a.path(s.name, file); {
	case s.last == 0 || s.first == last+1:
		return nil
	case last == 0:
		return fmt.Errorf("%s: its first block is %d: the days before it are missing", path, s.first)
	default:
		return fmt.Errorf("%s: its first block is %d, and the last in %s is %d: damaged, or a day between is missing",
			path, s.first, a.path(a.days[len(a.days)-1].name, fileManifest), last)
	}
}

func (a *Archive) path(day, file string) string { return filepath.Join(a.dir, day, file) }

func (a *Archive) lookAt(name string) (span, error) {
	m, err := readManifest(a.path(name, fileManifest))
	if errors.Is(err, fs.ErrNotExist) {
		return a.scan(name)
	}
	if err != nil {
		return span{}, err
	}
	for _, f := range m.Files {
		info, err := os.Stat(a.path(name, f.Name))
		if err != nil {
			return span{}, fmt.Errorf("%s: missing", a.path(name, f.Name))
		}
		if info.Size() != f.Bytes {
			return span{}, fmt.Errorf("%s: damaged: %d bytes, %s says %d", a.path(name, f.Name), info.Size(), a.path(name, fileManifest), f.Bytes)
		}
	}
	if m.Genesis != hexSum(a.genesis) {
		return span{}, fmt.Errorf("%s: not the one that %s names", filepath.Join(a.dir, fileGenesis), a.path(name, fileManifest))
	}
	return span{name: name, first: m.First, last: m.Last, size: m.Files[0].Bytes, closed: true, time: m.Time}, nil
}

// scan reads a day that is not closed.
func (a *Archive) scan(name string) (span, error) {
	s := span{name: name}
	path := a.path(name, fileBlocks)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil // stopped before its first block
	}
	if err != nil {
		return s, err
	}
	d, err := openDay(path, info.Size())
	if err != nil {
		return s, err
	}
	defer d.close()
	for {
		b, err := d.next(nil)
		if errors.Is(err, errTorn) {
			a.torn = info.Size() - d.at
			return s, nil
		}
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err == nil && b.Day() != name {
			err = d.fail("damaged: block %d of %s", b.Height, b.Time.Format(time.RFC3339))
		}
		if err != nil {
			return s, err
		}
		if s.first == 0 {
			s.first = b.Height
		}
		s.last, s.time, s.hash, s.size = b.Height, b.Time, b.AppHash, d.at
	}
}

// Genesis returns the genesis document that the chain was born with.
func (a *Archive) Genesis() []byte { return a.genesis }

// Dir returns the archive's folder.
func (a *Archive) Dir() string { return a.dir }

// Height returns the height of the newest block; 0: there is none. The first is 1.
func (a *Archive) Height() int64 {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.top()
}

func (a *Archive) top() int64 {
	for _, s := range slices.Backward(a.days) {
		if s.last > 0 {
			return s.last
		}
	}
	return 0
}

// Torn returns how many bytes of a block that was half written when the writer was
// stopped are at the end. They are not read.
func (a *Archive) Torn() int64 { return a.torn }

// Blocks calls f for the blocks from one height to another, both included, until f
// returns an error.
func (a *Archive) Blocks(from, to int64, f func(Block) error) error {
	c, err := a.From(from)
	if err != nil {
		return err
	}
	defer c.Close()
	for h := from; h <= to; h++ {
		b, err := c.Next()
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("archive: %s: block %d is not in it, the newest is %d", a.dir, h, h-1)
		}
		if err == nil {
			err = f(b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// At returns the block at a height.
func (a *Archive) At(height int64) (b Block, err error) {
	err = a.Blocks(height, height, func(at Block) error {
		b = at
		return nil
	})
	return b, err
}

// Cursor goes through an archive's blocks.
type Cursor struct {
	archive *Archive
	next    int64 // height
	name    string
	day     *day // nil: not open
}

// From returns a cursor before the block at a height.
func (a *Archive) From(height int64) (*Cursor, error) {
	if height < 1 {
		return nil, fmt.Errorf("archive: %s: block %d: the first is 1", a.dir, height)
	}
	return &Cursor{archive: a, next: height}, nil
}

// Next returns the next block; io.EOF: there is none yet.
func (c *Cursor) Next() (Block, error) {
	for {
		s, ok := c.archive.find(c.next)
		if !ok {
			return Block{}, io.EOF
		}
		if c.day != nil && c.name != s.name {
			c.Close()
		}
		// A day that grew meanwhile is opened anew, behind what was read.
		if c.day != nil && c.day.size < s.size && c.day.at >= c.day.size {
			c.Close()
		}
		if c.day == nil {
			d, err := openDay(c.archive.path(s.name, fileBlocks), s.size)
			if err != nil {
				return Block{}, fmt.Errorf("archive: %w", err)
			}
			c.name, c.day = s.name, d
		}
		b, err := c.day.next(func(h int64) bool { return h < c.next })
		if errors.Is(err, io.EOF) {
			err = c.day.fail("damaged: it ends with block %d, and should with %d", c.day.height, s.last)
		}
		if err != nil {
			c.Close()
			return Block{}, fmt.Errorf("archive: %w", err)
		}
		if b.Height == c.next {
			c.next++
			return b, nil
		}
		if b.Height > c.next {
			err := c.day.fail("damaged: block %d in the place of %d", b.Height, c.next)
			c.Close()
			return Block{}, fmt.Errorf("archive: %w", err)
		}
	}
}

// Close lets go of the file that is open.
func (c *Cursor) Close() {
	if c.day != nil {
		c.day.close()
		c.day = nil
	}
}

// find returns the day that has a block.
func (a *Archive) find(height int64) (span, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	i, _ := slices.BinarySearchFunc(a.days, height, func(s span, h int64) int {
		if s.last > 0 && s.last < h {
			return -1
		}
		return 1
	})
	if i == len(a.days) || a.days[i].last < height {
		return span{}, false
	}
	return a.days[i], true
}
