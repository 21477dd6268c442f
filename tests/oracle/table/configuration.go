package table

import "encoding/json"

// A Configuration is one AuthenticationConfiguration file with tokens to try on it.
type Configuration struct {
	ID     string `json:"id"`
	Area   string `json:"area"`
	Config string `json:"config"`
	// Keys is the JWK Set of every issuer of the file. Without it tokens are given as claims, and
	// their signatures are not asked about.
	Keys   json.RawMessage `json:"keys,omitempty"`
	Tokens []Token         `json:"tokens,omitempty"`

	// Outcome is "value" for an accepted file and "load" for a refused one.
	Outcome string `json:"outcome,omitempty"`
	Message string `json:"message,omitempty"`
}

// A Token is claims, or a whole signed token, and the user info it yields. No user: refused.
type Token struct {
	Name    string          `json:"name"`
	Claims  json.RawMessage `json:"claims,omitempty"`
	Token   string          `json:"token,omitempty"`
	User    *User           `json:"user,omitempty"`
	Message string          `json:"message,omitempty"`
}

// A User is what Kubernetes calls user info.
type User struct {
	Username string              `json:"username"`
	UID      string              `json:"uid"`
	Groups   []string            `json:"groups"`
	Extra    map[string][]string `json:"extra"`
}
