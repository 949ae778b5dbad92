package market

import (
	"hash/maphash"

	"torg"
)

// nameTable numbers names in the order in which they come. It is a hash table with
// open addresses over one piece of memory: a map of a million strings costs several
// times as much. What it returns does not depend on the hash.
type nameTable struct {
	names idColumn
	slots []uint64 // upper half of the hash, and the number plus one; 0: free
	seed  maphash.Seed
}

func newNameTable() nameTable {
	return nameTable{slots: make([]uint64, 1<<6), seed: maphash.MakeSeed()}
}

// place returns the number of a name, the next one if it is new.
func (t *nameTable) place(name []byte) int32 {
	hash := maphash.Bytes(t.seed, name)
	mask := uint64(len(t.slots) - 1)
	i := hash & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		if at := int32(uint32(t.slots[i]) - 1); t.slots[i]>>32 == hash>>32 && string(t.names.at(at)) == string(name) {
			return at
		}
	}
	at := int32(len(t.names.end))
	t.names.append(name)
	t.slots[i] = hash>>32<<32 | uint64(at+1)
	if len(t.names.end)*2 > len(t.slots) {
		t.grow()
	}
	return at
}

// grow gives the names four times the room.
func (t *nameTable) grow() {
	t.slots = make([]uint64, 4*len(t.slots))
	mask := uint64(len(t.slots) - 1)
	for at := range t.names.end {
		hash := maphash.Bytes(t.seed, t.names.at(int32(at)))
		i := hash & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = hash>>32<<32 | uint64(at+1)
	}
}

// all returns the names by their numbers.
func (t *nameTable) all() []torg.ParticipantID {
	text := torg.ParticipantID(t.names.text)
	all := make([]torg.ParticipantID, len(t.names.end))
	from := int64(0)
	for i, end := range t.names.end {
		all[i], from = text[from:end], end
	}
	return all
}
