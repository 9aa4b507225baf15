#!/bin/sh
# How the certificates of these tests were made (openssl 3). They guard nothing: two CAs that nobody trusts,
# a broker at "localhost", the same with a certificate that begins in 2090, and one client.
set -eu
cd "$(dirname "$0")"
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
ca() {
    key "$1"
    openssl req -x509 -new -key "$1.key" -days 36500 -subj "/CN=$1 of a test, trusted by nobody" -out "$1.pem" \
        -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign"
}
signed() { # name, purpose, alternative name, first day
    key "$1"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=%s\nsubjectAltName=%s\n' "$2" "$3" > "$1.ext"
    mkdir -p work && : > work/index.txt && echo 01 > work/serial
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=work/index.txt\nserial=work/serial\nnew_certs_dir=work\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' > work/ca.conf
    openssl ca -batch -config work/ca.conf -cert ca.pem -keyfile ca.key -in "$1.csr" -out "$1.pem" -notext \
        -extfile "$1.ext" -startdate "$4" -enddate 21200101000000Z
    rm -rf work "$1.csr" "$1.ext"
}
ca ca
ca stranger
signed broker serverAuth DNS:localhost 20250101000000Z
signed unborn serverAuth DNS:localhost 20900101000000Z
signed station clientAuth DNS:station 20250101000000Z
rm -f ca.key stranger.key ca.srl
