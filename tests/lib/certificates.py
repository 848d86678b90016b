"""Self-made TLS certificates by the openssl command."""

import hashlib
import os
import ssl
import subprocess
import time


CA_CONFIG = """
[ca]
default_ca = own
[own]
database = {folder}/database
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = policy
copy_extensions = copyall
[policy]
commonName = supplied
"""


def make(folder, name, domain, expired=False):
    """Makes NAME.crt and NAME.key, self-signed, for one domain; returns both paths."""
    certificate, key, request = (
        os.path.join(folder, f"{name}.{kind}") for kind in ("crt", "key", "csr")
    )
    config = os.path.join(folder, "ca.cnf")
    with open(config, "w", encoding="ascii") as file:
        file.write(CA_CONFIG.format(folder=folder))
    open(os.path.join(folder, "database"), "w", encoding="ascii").close()
    year = time.gmtime().tm_year + (-3 if expired else 1)
    _openssl(
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        f"/CN={domain}",
        "-addext",
        f"subjectAltName=DNS:{domain}",
        "-keyout",
        key,
        "-out",
        request,
    )
    _openssl(
        "ca",
        "-batch",
        "-notext",
        "-selfsign",
        "-config",
        config,
        "-keyfile",
        key,
        "-in",
        request,
        "-startdate",
        "20200101000000Z",
        "-enddate",
        f"{year}0201000000Z",
        "-out",
        certificate,
    )
    return certificate, key


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def fingerprint(certificate):
    """SHA-256 of the certificate, 64 hex digits."""
    with open(certificate, encoding="ascii") as file:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()
