package main

import (
	"encoding/base64"
	"fmt"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	apiservercel "k8s.io/apiserver/pkg/cel"

	"claimgate.dev/oracle/table"
)

// tag writes a CEL value so that its type can be told.
func tag(value ref.Val) (any, error) {
	switch v := value.(type) {
	case types.Null:
		return nil, nil
	case types.Bool:
		return bool(v), nil
	case types.String:
		return string(v), nil
	case types.Int:
		return table.Int(int64(v)), nil
	case types.Uint:
		return table.Uint(uint64(v)), nil
	case types.Double:
		return table.Double(float64(v)), nil
	case types.Bytes:
		return table.Tagged("bytes", base64.StdEncoding.EncodeToString(v)), nil
	case types.Timestamp:
		return table.Tagged("timestamp", v.UTC().Format(time.RFC3339Nano)), nil
	case types.Duration:
		return table.Tagged("duration", v.Duration.String()), nil
	case *types.Optional:
		if !v.HasValue() {
			return map[string]any{"optional": []any{}}, nil
		}
		inner, err := tag(v.GetValue())
		return map[string]any{"optional": []any{inner}}, err
	case ref.Type:
		return table.Tagged("type", v.TypeName()), nil
	}
	return tagOther(value)
}

func tagOther(value ref.Val) (any, error) {
	switch v := value.(type) {
	case apiservercel.IP:
		return table.Tagged("ip", v.String()), nil
	case apiservercel.CIDR:
		return table.Tagged("cidr", v.String()), nil
	case apiservercel.URL:
		return table.Tagged("url", v.URL.String()), nil
	case apiservercel.Quantity:
		return table.Tagged("quantity", v.Quantity.String()), nil
	case *apiservercel.Quantity:
		return table.Tagged("quantity", v.Quantity.String()), nil
	case apiservercel.Semver:
		return table.Tagged("semver", v.Version.String()), nil
	case apiservercel.Format:
		return table.Tagged("format", v.Name), nil
	}
	// The claims themselves are a map by their behaviour, but iterate over values and have no text.
	if value.Type().TypeName() == "kubernetes.claims" || value.Type().TypeName() == "kubernetes.UserInfo" {
		return table.Tagged("object", value.Type().TypeName()), nil
	}
	switch v := value.(type) {
	case traits.Mapper:
		var pairs [][2]any
		for it := v.Iterator(); it.HasNext() == types.True; {
			name := it.Next()
			key, err := tag(name)
			if err != nil {
				return nil, err
			}
			item, err := tag(v.Get(name))
			if err != nil {
				return nil, err
			}
			pairs = append(pairs, [2]any{key, item})
		}
		return table.Map(pairs)
	case traits.Lister:
		list := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			item, err := tag(it.Next())
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		return list, nil
	}
	return nil, fmt.Errorf("no tag for a value of type %s (%T)", value.Type().TypeName(), value)
}
