package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"

	jose "gopkg.in/go-jose/go-jose.v2"

	"claimgate.dev/oracle/table"
)

// signedCases are 60 signed tokens on each of five files. The keys are made here and forgotten, so
// every run gives other bytes with the same meaning; what was committed is asked again as it is.
func signedCases() []table.Configuration {
	keys := map[jose.SignatureAlgorithm]crypto.Signer{}
	var set jose.JSONWebKeySet
	add := func(id string, key crypto.Signer, algorithms ...jose.SignatureAlgorithm) {
		for _, algorithm := range algorithms {
			keys[algorithm] = key
		}
		if id != "" {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: id, Use: "sig"})
		}
	}
	add("rsa", must(rsa.GenerateKey(rand.Reader, 2048)), jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512)
	add("p256", must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), jose.ES256)
	add("p384", must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)), jose.ES384)
	add("p521", must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)), jose.ES512)
	stranger := must(rsa.GenerateKey(rand.Reader, 2048))
	ids := map[jose.SignatureAlgorithm]string{jose.ES256: "p256", jose.ES384: "p384", jose.ES512: "p521"}

	var tokens []table.Token
	sign := func(name string, algorithm jose.SignatureAlgorithm, key any, id, payload string) {
		signer := must(jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil))
		signature := must(signer.Sign([]byte(payload)))
		tokens = append(tokens, table.Token{Name: name, Token: must(signature.CompactSerialize())})
	}
	person := claims("", `"sub":"ann","jti":"id-1","email":"ann@acme.example","email_verified":true,"groups":["dev","ops"],"roles":"a,b","tenant":{"id":7,"name":"acme"}`)
	for _, algorithm := range []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512} {
		id := ids[algorithm]
		if id == "" {
			id = "rsa"
		}
		sign(string(algorithm), algorithm, keys[algorithm], id, string(person.Claims))
	}
	rs := keys[jose.RS256]
	sign("no key ID", jose.RS256, rs, "", string(person.Claims))
	sign("unknown key ID", jose.RS256, rs, "nobody", string(person.Claims))
	sign("another's key", jose.RS256, stranger, "rsa", string(person.Claims))
	sign("HS256", jose.HS256, []byte("0123456789abcdef0123456789abcdef"), "rsa", string(person.Claims))
	flipped := []byte(tokens[0].Token)
	flipped[len(flipped)-20] ^= 1
	tokens = append(tokens, table.Token{Name: "one bit changed", Token: string(flipped)})
	for index, members := range signedClaims {
		token := claims("", members)
		sign(fmt.Sprintf("claims %02d", index+1), jose.ES256, keys[jose.ES256], "p256", string(token.Claims))
	}
	for _, c := range [][2]string{
		{"expired", `{"iss":"https://issuer.example","aud":"claimgate","exp":1000000000,"sub":"ann"}`},
		{"not yet valid", `{"iss":"https://issuer.example","aud":"claimgate","exp":4102444800,"nbf":4102444000,"sub":"ann"}`},
		{"wrong audience", `{"iss":"https://issuer.example","aud":"x","exp":4102444800,"sub":"ann"}`},
		{"audience list", `{"iss":"https://issuer.example","aud":["x","claimgate"],"exp":4102444800,"sub":"ann"}`},
		{"other audience", `{"iss":"https://issuer.example","aud":"other","exp":4102444800,"sub":"ann"}`},
		{"other issuer", `{"iss":"https://second.example","aud":"claimgate","exp":4102444800,"sub":"ann"}`},
		{"unknown issuer", `{"iss":"https://third.example","aud":"claimgate","exp":4102444800,"sub":"ann"}`},
		{"no expiry", `{"iss":"https://issuer.example","aud":"claimgate","sub":"ann"}`},
	} {
		sign(c[0], jose.ES256, keys[jose.ES256], "p256", c[1])
	}
	public := must(table.Marshal(set))
	var all []table.Configuration
	for index, config := range signedFiles {
		all = append(all, table.Configuration{ID: fmt.Sprintf("signed-%d", index+1), Area: "signed", Config: config, Keys: public, Tokens: tokens})
	}
	if len(tokens) != 60 {
		fail(fmt.Sprintf("%d tokens, not 60", len(tokens)))
	}
	return all
}

func must[T any](value T, err error) T {
	if err != nil {
		fail(err.Error())
	}
	return value
}

var signedClaims = []string{
	`"sub":"bob"`, `"sub":""`, `"sub":null`, `"sub":5`, `"sub":"é ☕"`, `"sub":"system:admin"`, `"groups":["dev"]`,
	`"sub":"bob","groups":"dev"`, `"sub":"bob","groups":""`, `"sub":"bob","groups":[]`, `"sub":"bob","groups":null`, `"sub":"bob","groups":[1]`, `"sub":"bob","groups":{"a":1}`, `"sub":"bob","groups":["","x"]`, `"sub":"bob","groups":["system:masters"]`,
	`"sub":"bob","email":"bob@acme.example"`, `"sub":"bob","email":"bob@acme.example","email_verified":false`, `"sub":"bob","email":"bob@acme.example","email_verified":"true"`, `"sub":"bob","email":"bob@other.example","email_verified":true`, `"sub":"bob","email":""`, `"sub":"bob","email":null,"email_verified":true`,
	`"sub":"bob","jti":"j"`, `"sub":"bob","jti":""`, `"sub":"bob","jti":5`, `"sub":"bob","jti":null`, `"sub":"bob","roles":"a,b,,c"`, `"sub":"bob","roles":""`, `"sub":"bob","roles":["a","","b"]`, `"sub":"bob","roles":5`,
	`"sub":"bob","tenant":{"id":7,"name":"acme"}`, `"sub":"bob","tenant":{"id":"7"}`, `"sub":"bob","tenant":null`, `"sub":"bob","tenant":{"a.b":"x"}`, `"sub":"bob","groups":["a","a"],"roles":"r"`, `"sub":"repo:acme/shop:ref:refs/heads/main","groups":["ci"],"email":"ci@acme.example","email_verified":true`, `"sub":"ann","groups":["dev","ops"],"email":"ann@acme.example","email_verified":true,"jti":"j","roles":"a","tenant":{"id":7,"name":"acme"}`, `"sub":"ann","groups":["dev"],"tenant":{"id":7,"name":""}`, `"sub":"bob","extra":{"k":["v"]}`,
}

var signedFiles = []string{
	one(issuer, "    username: {claim: sub, prefix: \"\"}\n    groups: {claim: groups, prefix: \"\"}\n", ""),
	one(issuer, "    username: {claim: sub, prefix: \"oidc:\"}\n    groups: {claim: groups, prefix: \"oidc:\"}\n    uid: {claim: sub}\n    extra:\n    - {key: example.com/tenant, valueExpression: \"claims.?tenant.?name.orValue('')\"}\n    - {key: example.com/roles, valueExpression: \"claims.?roles.orValue([])\"}\n", "  userValidationRules: [{expression: \"!user.username.startsWith('oidc:system:')\", message: reserved}]\n"),
	one(issuer, "    username: {claim: email, prefix: \"\"}\n    groups: {expression: \"claims.?groups.orValue([])\"}\n", ""),
	one("    url: https://issuer.example\n    audiences: [claimgate, other]\n    audienceMatchPolicy: MatchAny\n", "    username: {expression: \"'u:' + claims.sub\"}\n    groups: {expression: \"dyn(claims.?groups.orValue([])).map(g, 'g:' + g)\"}\n    uid: {expression: \"claims.?jti.orValue('none')\"}\n    extra: [{key: example.com/id, valueExpression: \"has(claims.tenant) ? string(claims.tenant.id) : ''\"}]\n", "  claimValidationRules: [{expression: \"!has(claims.email) || claims.email.endsWith('@acme.example')\", message: \"acme only\"}]\n  userValidationRules: [{expression: \"user.groups.all(g, g != 'g:system:masters')\"}]\n"),
	one(issuer, "    username: {expression: \"claims.email_verified == true ? claims.email : 'unverified:' + claims.sub\"}\n    groups: {expression: \"claims.?roles.orValue('').split(',').map(r, r)\"}\n    extra: [{key: example.com/tenant, valueExpression: \"claims.tenant.?name.orValue('')\"}]\n", "  claimValidationRules: [{claim: sub, requiredValue: ann}]\n- issuer:\n    url: https://second.example\n    audiences: [claimgate]\n  claimMappings:\n    username: {claim: sub, prefix: \"second:\"}\n"),
}
