package sign

import "crypto"

// ReadKey reads a person's own private key, RSA of 3072 or 2048 bits as PKCS#8 in PEM
// without a password, from a file that only its user can read.
func ReadKey(path string) (crypto.Signer, error) {
	key, err := readKeyFile(path, OwnerBits)
	if err != nil {
		if smaller, again := readKeyFile(path, AgentBits); again == nil {
			return smaller, nil
		}
		return nil, err
	}
	return key, nil
}
