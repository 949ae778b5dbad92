package web_test

import (
	"strings"
	"testing"

	"torg/account/accounttest"
	"torg/record/recordtest"
)

// An owner sees the own money alone; the operator and the approver, who act on it, see
// everybody's.
func TestWhoseMoney(t *testing.T) {
	o := accounttest.NewOffice(t)
	h := guarded(recordtest.New(), o)
	for _, path := range []string{"/money", "/money?format=csv"} {
		for viewer, all := range map[string]bool{"anna": false, "oleg": true, "pavel": true} {
			body := enter(t, h, o, route{pattern: "GET ", target: path}, viewer).Body.String()
			if got := strings.Contains(body, "payment 17"); got != all {
				t.Errorf("%s as %s: shows the factory's deposit: %v", path, viewer, got)
			}
			if !strings.Contains(body, "order 4711") {
				t.Errorf("%s as %s: does not show the foundry's payment", path, viewer)
			}
		}
	}
	keys := enter(t, h, o, route{pattern: "GET ", target: "/money"}, "anna").Body.String()
	if !strings.Contains(keys, "cd02000000000000…") || !strings.Contains(keys, "прекращён в блоке 700") || strings.Contains(keys, "ef03") {
		t.Error("the foundry's keys are not shown as they are")
	}
}

// The approver's first page is what waits for a second signature.
func TestApproverComesToMoney(t *testing.T) {
	o := accounttest.NewOffice(t)
	body := enter(t, guarded(recordtest.New(), o), o, route{pattern: "GET ", target: "/"}, "pavel").Body.String()
	if !strings.Contains(body, "Здесь то, что оператор не может провести один") || !strings.Contains(body, "payment 17") {
		t.Error("the approver does not see what waits")
	}
}
