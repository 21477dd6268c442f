package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"claimgate.dev/oracle/table"
)

const (
	head     = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
	issuer   = "    url: https://issuer.example\n    audiences: [claimgate]\n"
	username = "    username: {claim: sub, prefix: \"\"}\n"
)

// A shelf collects configurations and numbers them by area.
type shelf struct {
	all    []table.Configuration
	counts map[string]int
}

func (s *shelf) file(area, config string, tokens ...table.Token) {
	s.counts[area]++
	s.all = append(s.all, table.Configuration{
		ID: fmt.Sprintf("%s-%03d", area, s.counts[area]), Area: area, Config: config, Tokens: tokens,
	})
}

func one(issuer, mappings, rest string) string {
	return head + "jwt:\n- issuer:\n" + issuer + "  claimMappings:\n" + mappings + rest
}

func claims(name, members string) table.Token {
	text := `{"iss":"https://issuer.example","aud":"claimgate","exp":4102444800`
	if members != "" {
		text += "," + members
	}
	if text += "}"; !json.Valid([]byte(text)) {
		fail("not JSON: " + text)
	}
	return table.Token{Name: name, Claims: json.RawMessage(text)}
}

var people = []table.Token{
	claims("person", `"sub":"ann","jti":"id-1","email":"ann@acme.example","email_verified":true,"groups":["dev","ops"],"role":"admin","roles":"a,b,,c","tier":"gold","level":3,"realm_access":{"roles":["editor"]}`),
	claims("workload", `"sub":"repo:acme/shop","repository":"acme/shop","ref":"refs/heads/main","groups":"ci","tier":["x","","y"]`),
	claims("bare", `"sub":""`),
}

func authnCases() []table.Configuration {
	s := &shelf{counts: map[string]int{}}
	authnShape(s)
	authnIssuer(s)
	authnRules(s)
	authnMappings(s)
	authnTokens(s)
	return s.all
}

func authnShape(s *shelf) {
	valid := one(issuer, username, "")
	s.file("shape", valid, people...)
	for _, version := range []string{"apiserver.config.k8s.io/v1beta1", "apiserver.config.k8s.io/v1alpha1", "apiserver.config.k8s.io/v2", "v1", "", "apiserver.k8s.io/v1"} {
		s.file("shape", strings.Replace(valid, "apiserver.config.k8s.io/v1", version, 1), people...)
	}
	s.file("shape", strings.Replace(valid, "kind: AuthenticationConfiguration\n", "", 1))
	s.file("shape", strings.Replace(valid, "AuthenticationConfiguration", "AuthorizationConfiguration", 1))
	s.file("shape", strings.Replace(valid, "AuthenticationConfiguration", "authenticationconfiguration", 1))
	for _, text := range []string{"", " ", "\n", "{}", "null", "[]", "a", "jwt: []\n", head, head + "jwt: []\n", head + "jwt: null\n", head + "jwt: {}\n", head + "jwt: a\n", head + "jwt: [null]\n", head + "jwt: [{}]\n", head + "Jwt: []\n", head + "unknown: 1\n", head + "metadata: {name: x}\n", head + "jwt: []\njwt: []\n", "---\n" + valid, valid + "---\n", valid + "---\n" + valid, "%YAML 1.2\n---\n" + valid, valid + "\t", "\ufeff" + valid, strings.ReplaceAll(valid, "\n", "\r\n"), valid + "# comment\n", valid + "extra: 1\n", `{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration","jwt":[]}`, `{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration","jwt":[],"jwt":[]}`, `{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration","jwt":[],}`, head + "anonymous: {enabled: true}\n", head + "anonymous: {enabled: false}\n", head + "anonymous: {}\n", head + "anonymous: null\n", head + "anonymous: {enabled: \"true\"}\n", head + "anonymous: {enabled: true, conditions: [{path: /livez}]}\n", head + "anonymous: {enabled: false, conditions: [{path: /livez}]}\n", head + "anonymous: {enabled: true, conditions: [{paths: /livez}]}\n", head + "anonymous: {conditions: [{path: /livez}]}\n"} {
		s.file("shape", text)
	}
	for _, line := range []string{"    unknown: 1\n", "    Url: x\n", "    url: https://issuer.example\n", "    discoveryUrl: x\n", "    ca: x\n"} {
		s.file("strict", one(issuer+line, username, ""), people[0])
	}
	for _, line := range []string{"    user: x\n", "    username: {claim: sub, prefix: \"\"}\n", "    groups: {claim: g, prefix: \"\", unknown: 1}\n", "    groups: {claim: g, claim: h, prefix: \"\"}\n", "    uid: {claim: sub, prefix: x}\n", "    uid: sub\n", "    extra: {key: a.example/b, valueExpression: \"'x'\"}\n", "    extra: [{key: a.example/b, value: \"'x'\"}]\n", "    extra: [{Key: a.example/b, valueExpression: \"'x'\"}]\n", "    groups: {claim: 5, prefix: \"\"}\n", "    groups: {claim: true, prefix: \"\"}\n", "    groups: null\n", "    groups: {}\n", "    uid: {}\n", "    extra: []\n", "    extra: null\n"} {
		s.file("strict", one(issuer, username+line, ""), people...)
	}
	for _, rest := range []string{"  unknown: 1\n", "  claimValidationRules: {}\n", "  claimValidationRules: null\n", "  claimValidationRules: []\n", "  userValidationRules: []\n", "  claimValidationRules: [{claim: a, requiredvalue: b}]\n", "  claimValidationRules: [{claim: a, requiredValue: 5}]\n", "  claimValidationRules: [{claim: a, requiredValue: true}]\n", "  claimValidationRules: [{claim: a, requiredValue: null}]\n", "  userValidationRules: [{expression: true}]\n", "  userValidationRules: [{expression: \"true\", message: 5}]\n", "  name: x\n"} {
		s.file("strict", one(issuer, username, rest), people...)
	}
	for _, n := range []int{2, 64, 65} {
		text := head + "jwt:\n"
		for i := range n {
			text += fmt.Sprintf("- issuer: {url: \"https://i%d.example\", audiences: [a]}\n  claimMappings: {username: {claim: sub, prefix: \"\"}}\n", i)
		}
		s.file("many", text)
	}
	second := "- issuer:\n    url: %s\n    discoveryURL: %s\n    audiences: [b]\n  claimMappings:\n" + username
	first := one("    url: https://issuer.example\n    discoveryURL: https://keys.example/a\n    audiences: [claimgate]\n", username, "")
	for _, pair := range [][2]string{{"https://issuer.example", "https://keys.example/b"}, {"https://other.example", "https://keys.example/a"}, {"https://other.example", "https://keys.example/b"}, {"https://issuer.example/", "https://keys.example/b"}, {"https://ISSUER.example", "https://keys.example/b"}, {"https://other.example", "https://issuer.example"}} {
		s.file("many", first+fmt.Sprintf(second, pair[0], pair[1]), people[0])
	}
}

func authnIssuer(s *shelf) {
	for _, url := range []string{"http://issuer.example", "https://issuer.example/", "https://issuer.example/path", "https://user@issuer.example", "https://user:pw@issuer.example", "https://issuer.example?q=1", "https://issuer.example?", "https://issuer.example#f", "https://issuer.example#", "\"\"", "issuer.example", "https://", "https:issuer.example", "HTTPS://issuer.example", "https://issuer.example:8443", "https://issuer.example:x", "https://[::1]", "https://issuer.example/%zz", "\" https://issuer.example\"", "https://issuer.example/a b", "ftp://issuer.example", "//issuer.example", "null", "https://127.0.0.1", "https://münchen.example", "\"https://issuer.example\\n\"", "https://@issuer.example", "https://issuer.example/?", "https://issuer.example/%23"} {
		s.file("issuer-url", one("    url: "+url+"\n    audiences: [claimgate]\n", username, ""), people[0])
	}
	for _, url := range []string{"https://issuer.example", "https://issuer.example/", "https://issuer.example//", "https://issuer.example/.well-known/openid-configuration", "http://keys.example", "https://u@keys.example", "https://keys.example?q", "https://keys.example#f", "\"\"", "null", "keys", "https://keys.example:x"} {
		s.file("discovery-url", one(issuer+"    discoveryURL: "+url+"\n", username, ""), people[0])
	}
	for _, text := range []string{"[]", "null", "[\"\"]", "[a, a]", "[claimgate, b]", "[claimgate, \"\"]", "claimgate", "[5]", "[claimgate]", "[null]", "[\" \"]"} {
		for _, policy := range []string{"", "MatchAny", "MatchAll", "matchAny"} {
			line := ""
			if policy != "" {
				line = "    audienceMatchPolicy: " + policy + "\n"
			}
			s.file("audiences", one("    url: https://issuer.example\n    audiences: "+text+"\n"+line, username, ""), people[0])
		}
	}
	for _, ca := range []string{"\"\"", "null", "x", "\"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n\"", "\"-----BEGIN PUBLIC KEY-----\\nMIIB\\n-----END PUBLIC KEY-----\\n\"", "\" \""} {
		s.file("certificate-authority", one(issuer+"    certificateAuthority: "+ca+"\n", username, ""))
	}
	for _, kind := range []string{"\"\"", "controlplane", "cluster", "etcd", "Cluster", "null"} {
		s.file("egress", one(issuer+"    egressSelectorType: "+kind+"\n", username, ""), people[0])
	}
}

func authnRules(s *shelf) {
	for _, rules := range []string{"{}", "{claim: tier}", "{claim: tier, requiredValue: gold}", "{claim: tier, requiredValue: silver}", "{claim: tier, requiredValue: \"\"}", "{claim: missing, requiredValue: \"\"}", "{claim: level, requiredValue: \"3\"}", "{claim: tier, requiredValue: gold, message: m}", "{claim: tier, expression: \"true\"}", "{claim: tier}, {claim: tier}", "{claim: tier, requiredValue: gold}, {claim: role, requiredValue: admin}", "{claim: tier, requiredValue: gold}, {claim: Tier, requiredValue: gold}", "{expression: \"true\"}", "{expression: \"true\", message: m}", "{expression: \"true\", requiredValue: x}", "{expression: \"true\", requiredValue: \"\"}", "{expression: \"true\"}, {expression: \"true\"}", "{expression: \"true\"}, {expression: \"true \"}", "{expression: \"\"}", "{expression: \" \"}", "{requiredValue: x}", "{message: x}", "{expression: \"claims.tier\"}", "{expression: \"claims.tier == 'gold'\"}", "{expression: \"claims.missing == 'gold'\"}", "{expression: \"has(claims.tier)\"}", "{expression: \"claims.tier == 'gold'\", message: \"only gold\"}", "{expression: \"claims.level > 2\"}", "{expression: \"claims.level / 0.0 > 1\"}", "{expression: \"1/0 == 1\"}", "{expression: \"'dev' in claims.groups\"}", "{expression: \"claims.groups.exists(g, g == 'dev')\"}", "{expression: \"dyn(claims.groups).exists(g, g == 'dev')\"}", "{expression: \"user.username == 'ann'\"}", "{expression: \"claims.realm_access.roles[0] == 'editor'\"}", "{expression: \"1\"}", "{expression: \"(\"}", "{expression: \"true\"}, {expression: \"false\"}", "{expression: \"claims.aud == 'claimgate'\"}", "{expression: \"claims.exp > 1.0\"}", "{claim: sub}", "{claim: groups, requiredValue: ci}", "{claim: email_verified, requiredValue: \"true\"}", "{claim: realm_access.roles, requiredValue: editor}"} {
		s.file("claim-validation", one(issuer, username, "  claimValidationRules: ["+rules+"]\n"), people...)
	}
	full := username + "    groups: {claim: groups, prefix: \"\"}\n    uid: {expression: \"'u'\"}\n    extra: [{key: example.com/tier, valueExpression: \"claims.?tier.orValue('')\"}]\n"
	for _, rules := range []string{"{}", "{expression: \"\"}", "{expression: \"true\"}", "{expression: \"false\"}", "{expression: \"false\", message: no}", "{expression: \"true\"}, {expression: \"true\"}", "{message: x}", "{expression: \"!user.username.startsWith('system:')\", message: reserved}", "{expression: \"user.username != ''\"}", "{expression: \"'dev' in user.groups\"}", "{expression: \"user.groups.all(g, !g.startsWith('system:'))\"}", "{expression: \"user.uid == 'u'\"}", "{expression: \"user.extra['example.com/tier'][0] == 'gold'\"}", "{expression: \"'example.com/tier' in user.extra\"}", "{expression: \"user.extra.size() > 0\"}", "{expression: \"user.name == 'x'\"}", "{expression: \"claims.sub == 'ann'\"}", "{expression: \"user.username\"}", "{expression: \"user.groups.size() < 2\"}", "{expression: \"has(user.uid)\"}", "{expression: \"user.extra['authentication.kubernetes.io/credential-id'][0] == 'JTI=id-1'\"}", "{expression: \"1\"}", "{expression: \"1/0 == 1\"}", "{expression: \"user.groups[0] == 'dev'\"}"} {
		s.file("user-validation", one(issuer, full, "  userValidationRules: ["+rules+"]\n"), people...)
	}
}

func authnMappings(s *shelf) {
	names := []string{"", "null", "{}", "{claim: sub}", "{claim: sub, prefix: null}", "{claim: sub, prefix: \"\"}", "{claim: sub, prefix: \"p:\"}", "{claim: sub, prefix: \"-\"}", "{claim: \"\", prefix: \"\"}", "{prefix: \"\"}", "{claim: missing, prefix: \"\"}", "{claim: level, prefix: \"\"}", "{claim: groups, prefix: \"\"}", "{claim: email, prefix: \"\"}", "{claim: realm_access.roles, prefix: \"\"}", "{expression: \"claims.sub\"}", "{expression: \"claims.sub\", prefix: \"\"}", "{expression: \"claims.sub\", claim: sub}", "{expression: \"claims.sub\", claim: sub, prefix: \"\"}", "{expression: \"\"}", "{expression: \"''\"}", "{expression: \"'p:' + claims.sub\"}", "{expression: \"claims.missing\"}", "{expression: \"claims.level\"}", "{expression: \"claims.email\"}", "{expression: \"claims.?email.orValue(claims.sub)\"}", "{expression: \"claims['email']\"}", "{expression: \"claims.email_verified ? claims.email : claims.sub\"}", "{expression: \"has(claims.email_verified) ? claims.email : claims.sub\"}", "{expression: \"1\"}", "{expression: \"'a' + 1\"}", "{expression: \"[claims.sub]\"}", "{expression: \"claims.sub.split(':')[1]\"}", "{expression: \"user.username\"}", "{expression: \"'system:admin'\"}"}
	for _, text := range names {
		line := ""
		if text != "" {
			line = "    username: " + text + "\n"
		}
		s.file("username", one(issuer, line+"    uid: {}\n", ""), people...)
	}
	for _, rest := range []string{"  claimValidationRules: [{expression: \"claims.email_verified == true\"}]\n", "  claimValidationRules: [{expression: \"has(claims.email_verified)\"}]\n", "  claimValidationRules: [{claim: email_verified, requiredValue: \"true\"}]\n", "  userValidationRules: [{expression: \"user.username != ''\"}]\n", "  claimValidationRules: [{expression: \"claims['email_verified'] == true\"}]\n", "  claimValidationRules: [{expression: \"claims.?email_verified.orValue(true) == true\"}]\n", "  claimValidationRules: [{expression: \"claims.missing.email_verified == true\"}]\n"} {
		s.file("email", one(issuer, "    username: {expression: claims.email}\n", rest), people...)
	}
	for _, more := range []string{"    extra: [{key: a.example/v, valueExpression: \"string(claims.email_verified)\"}]\n", "    groups: {expression: \"claims.email_verified ? ['a'] : []\"}\n", "    uid: {expression: \"string(claims.email_verified)\"}\n", "    extra: [{key: a.example/v, valueExpression: \"claims.?email_verified.orValue(false) ? 'v' : ''\"}]\n"} {
		s.file("email", one(issuer, "    username: {expression: claims.email}\n"+more, ""), people...)
	}
	verified := []table.Token{claims("true", `"sub":"a","email":"a@b","email_verified":true`), claims("false", `"sub":"a","email":"a@b","email_verified":false`), claims("text", `"sub":"a","email":"a@b","email_verified":"true"`), claims("absent", `"sub":"a","email":"a@b"`), claims("null", `"sub":"a","email":"a@b","email_verified":null`), claims("number", `"sub":"a","email":"a@b","email_verified":1`), claims("no email", `"sub":"a","email_verified":true`), claims("null email", `"sub":"a","email":null,"email_verified":true`), claims("empty email", `"sub":"a","email":"","email_verified":true`)}
	for _, prefix := range []string{"\"\"", "\"o:\""} {
		s.file("email", one(issuer, "    username: {claim: email, prefix: "+prefix+"}\n", ""), verified...)
	}
	for _, text := range []string{"{claim: groups}", "{claim: groups, prefix: \"\"}", "{claim: groups, prefix: \"g:\"}", "{claim: groups, prefix: null}", "{prefix: \"g:\"}", "{claim: missing, prefix: \"\"}", "{claim: level, prefix: \"\"}", "{claim: tier, prefix: \"t:\"}", "{claim: role, prefix: \"\"}", "{claim: realm_access, prefix: \"\"}", "{expression: \"claims.groups\"}", "{expression: \"claims.groups\", prefix: \"\"}", "{expression: \"claims.groups\", claim: groups}", "{expression: \"claims.?groups.orValue([])\"}", "{expression: \"claims.?missing.orValue([])\"}", "{expression: \"claims.missing\"}", "{expression: \"claims.roles.split(',')\"}", "{expression: \"claims.roles.split(',').map(r, r)\"}", "{expression: \"dyn(claims.groups).map(g, 'p:' + g)\"}", "{expression: \"claims.groups + ['x']\"}", "{expression: \"['x', '', 'y']\"}", "{expression: \"''\"}", "{expression: \"null\"}", "{expression: \"'x'\"}", "{expression: \"[1]\"}", "{expression: \"1\"}", "{expression: \"claims.level\"}", "{expression: \"claims.tier\"}", "{expression: \"claims.groups.map(g, g)\"}", "{expression: \"(\"}", "{expression: \"\"}", "{expression: \"[]\"}", "{expression: \"[claims.role]\"}"} {
		s.file("groups", one(issuer, username+"    groups: "+text+"\n", ""), people...)
	}
	for _, text := range []string{"{claim: sub}", "{claim: missing}", "{claim: level}", "{claim: sub, expression: \"'x'\"}", "{expression: \"claims.sub\"}", "{expression: \"''\"}", "{expression: \"claims.missing\"}", "{expression: \"claims.level\"}", "{expression: \"string(claims.level)\"}", "{expression: \"string(int(claims.level))\"}", "{expression: \"1\"}", "{claim: \"\"}", "{expression: \"(\"}", "null"} {
		s.file("uid", one(issuer, username+"    uid: "+text+"\n", ""), people...)
	}
	for _, key := range []string{"example.com/tier", "tier", "\"\"", "/tier", "example.com/", "Example.com/tier", "example.com/Tier", "example.com/a/b", "k8s.io/x", "a.k8s.io/x", "kubernetes.io/x", "authentication.kubernetes.io/credential-id", "xk8s.io/x", "example.com/a b", "example.com/ä", "example_com/a", "-a.com/x", "example.com/a%20b", "example.com/%zz", "localhost/x", "a/b", "example.com:80/x", "https://example.com/x", "example.com/x?y", "example.com/.", "example.com//x", "example.com/_x~!$&'()*+,;=:@", "EXAMPLE.COM/x", "example..com/x", "123/x", "null"} {
		quoted := key
		if !strings.HasPrefix(key, "\"") && key != "null" {
			quoted = fmt.Sprintf("%q", key)
		}
		s.file("extra-key", one(issuer, username+"    extra:\n    - key: "+quoted+"\n      valueExpression: \"'x'\"\n", ""), people[0])
	}
	for _, text := range []string{"{key: example.com/a, valueExpression: \"\"}", "{key: example.com/a}", "{valueExpression: \"'x'\"}", "{key: example.com/a, valueExpression: \"'x'\"}, {key: example.com/a, valueExpression: \"'y'\"}", "{key: example.com/a, valueExpression: \"'x'\"}, {key: example.com/b, valueExpression: \"'x'\"}", "{key: example.com/a, valueExpression: claims.tier}", "{key: example.com/a, valueExpression: claims.level}", "{key: example.com/a, valueExpression: \"claims.?missing.orValue('')\"}", "{key: example.com/a, valueExpression: claims.missing}", "{key: example.com/a, valueExpression: \"['x', '', 'y']\"}", "{key: example.com/a, valueExpression: \"['']\"}", "{key: example.com/a, valueExpression: \"null\"}", "{key: example.com/a, valueExpression: \"1\"}", "{key: example.com/a, valueExpression: \"[1]\"}", "{key: example.com/a, valueExpression: \"claims.roles.split(',')\"}", "{key: example.com/a, valueExpression: \"claims.email\"}", "{key: example.com/a, valueExpression: \"(\"}", "null"} {
		s.file("extra", one(issuer, username+"    extra: ["+text+"]\n", ""), people...)
	}
}

// authnTokens tries claims of every wrong type on one plain file and on one with expressions.
func authnTokens(s *shelf) {
	var tokens []table.Token
	for _, value := range []string{`"a"`, `""`, `null`, `5`, `1.5`, `true`, `["a"]`, `["a",1]`, `[]`, `{"a":1}`, `["",""]`, `"é\u0000"`, `[null]`, `[["a"]]`} {
		for _, name := range []string{"sub", "groups", "jti", "id"} {
			others := map[string]string{"sub": `"s"`, "groups": `["g"]`, "jti": `"j"`, "id": `"i"`}
			others[name] = value
			tokens = append(tokens, claims(name+" "+value, fmt.Sprintf(`"sub":%s,"groups":%s,"jti":%s,"id":%s`, others["sub"], others["groups"], others["jti"], others["id"])))
		}
	}
	raw := func(name, text string) {
		tokens = append(tokens, table.Token{Name: name, Claims: json.RawMessage(text)})
	}
	raw("wrong issuer", `{"iss":"https://other.example","aud":"claimgate","exp":4102444800,"sub":"s"}`)
	raw("issuer with slash", `{"iss":"https://issuer.example/","aud":"claimgate","exp":4102444800,"sub":"s"}`)
	raw("no issuer", `{"aud":"claimgate","exp":4102444800,"sub":"s"}`)
	raw("wrong audience", `{"iss":"https://issuer.example","aud":"x","exp":4102444800,"sub":"s"}`)
	raw("no audience", `{"iss":"https://issuer.example","exp":4102444800,"sub":"s"}`)
	raw("audience list", `{"iss":"https://issuer.example","aud":["x","claimgate"],"exp":4102444800,"sub":"s","id":"i"}`)
	raw("empty audience list", `{"iss":"https://issuer.example","aud":[],"exp":4102444800,"sub":"s"}`)
	raw("expired", `{"iss":"https://issuer.example","aud":"claimgate","exp":1000000000,"sub":"s","id":"i"}`)
	raw("no expiry", `{"iss":"https://issuer.example","aud":"claimgate","sub":"s","id":"i"}`)
	raw("expiry as text", `{"iss":"https://issuer.example","aud":"claimgate","exp":"4102444800","sub":"s","id":"i"}`)
	raw("expiry with fraction", `{"iss":"https://issuer.example","aud":"claimgate","exp":4102444800.5,"sub":"s","id":"i"}`)
	raw("not yet valid", `{"iss":"https://issuer.example","aud":"claimgate","exp":4102444800,"nbf":4102444000,"sub":"s","id":"i"}`)
	raw("issued in the future", `{"iss":"https://issuer.example","aud":"claimgate","exp":4102444800,"iat":4102444000,"sub":"s","id":"i"}`)
	raw("no subject", `{"iss":"https://issuer.example","aud":"claimgate","exp":4102444800,"id":"i"}`)
	plain := "    username: {claim: sub, prefix: \"u:\"}\n    groups: {claim: groups, prefix: \"g:\"}\n    uid: {claim: id}\n"
	rules := "    username: {expression: \"claims.sub\"}\n    groups: {expression: \"claims.groups\"}\n    uid: {expression: \"claims.id\"}\n    extra: [{key: example.com/j, valueExpression: \"claims.?jti.orValue('')\"}]\n"
	s.file("token", one(issuer, plain, ""), tokens...)
	s.file("token", one(issuer, rules, ""), tokens...)
	s.file("token", one("    url: https://issuer.example\n    audiences: [claimgate, x]\n    audienceMatchPolicy: MatchAny\n", username, ""), tokens...)
	// The YAML of Kubernetes still reads y as true.
	s.file("token", one("    url: https://issuer.example\n    audiences: [claimgate, y]\n    audienceMatchPolicy: MatchAny\n", username, ""), tokens[0])
}
