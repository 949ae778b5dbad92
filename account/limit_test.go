package account_test

import (
	"fmt"
	"testing"
	"time"

	"torg/account"
	"torg/account/accounttest"
)

// A name is guessed at ten times and once more a minute, wherever the guesses come
// from; an address guesses thirty times and once more every ten seconds.
func TestGuessing(t *testing.T) {
	o := accounttest.NewOffice(t)
	ctx := t.Context()
	guess := func(name, from string) error {
		_, _, err := o.Login(ctx, name, "wrong", account.Place{Address: from})
		return err
	}
	for i := range 10 {
		refused(t, "a guess", guess("anna", fmt.Sprintf("192.0.2.%d", i)), account.ErrLogin)
	}
	refused(t, "the eleventh guess", guess("anna", "198.51.100.1"), account.ErrSlow)
	_, _, err := o.Login(ctx, "anna", accounttest.Password, account.Place{Address: "198.51.100.2"})
	refused(t, "the right password among guesses", err, account.ErrSlow)
	o.Clock.Pass(time.Minute)
	_, _, err = o.Login(ctx, "anna", accounttest.Password, account.Place{Address: "198.51.100.3"})
	must(t, err)

	for i := range 30 {
		refused(t, "a guess", guess(fmt.Sprintf("user%d", i), fmt.Sprintf("2001:db8:0:1::%x", i)), account.ErrLogin)
	}
	refused(t, "the next from the same network", guess("userx", "2001:db8:0:1:ffff::1"), account.ErrSlow)
	refused(t, "one from another network", guess("userx", "2001:db8:0:2::1"), account.ErrLogin)
	refused(t, "the same address in version 6", func() error {
		for range 30 {
			guess("", "203.0.113.5")
		}
		return guess("", "::ffff:203.0.113.5")
	}(), account.ErrSlow)
	o.Clock.Pass(10 * time.Second)
	refused(t, "ten seconds later", guess("usery", "2001:db8:0:1::1"), account.ErrLogin)
	refused(t, "and again", guess("usery", "2001:db8:0:1::1"), account.ErrSlow)
}

// Who knows the password is never slowed down by own logins.
func TestGoodLoginsAreNotCounted(t *testing.T) {
	o := accounttest.NewOffice(t)
	for range 100 {
		o.Token(t, "anna")
	}
}

// More words than a limiter remembers share one count, and nobody gets more for it.
func TestLimiterIsBounded(t *testing.T) {
	l := account.NewLimiter(3, time.Second, 10)
	passed := 0
	for i := range 1000 {
		if l.Take(fmt.Sprint(i), accounttest.Noon) {
			passed++
		}
	}
	if passed != 10+3 {
		t.Errorf("%d of 1000 words passed, want those remembered and a burst", passed)
	}
	if !l.Take("new", accounttest.Noon.Add(time.Minute)) {
		t.Error("what has come back is not forgotten")
	}
	l.Back("new", accounttest.Noon.Add(time.Minute))
	for i := range 4 {
		if got := l.Take("new", accounttest.Noon.Add(time.Minute)); got != (i < 3) {
			t.Errorf("attempt %d: %v", i, got)
		}
	}
}
