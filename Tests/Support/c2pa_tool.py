"""Signs and reads C2PA manifests with c2pa-python, by a certificate made here.

    c2pa_tool.py certificate FOLDER       a chain of two, and a key
    c2pa_tool.py sign FOLDER IN OUT       IN as created by a generative model
    c2pa_tool.py read FILE                the manifest store as JSON
"""
import json
import pathlib
import subprocess
import sys

import c2pa

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
EXTENSIONS = """
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=emailProtection
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""


def certificate(folder):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    pathlib.Path(folder, "leaf.ext").write_text(EXTENSIONS)
    for name in ["root", "leaf"]:
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")
    openssl(
        "req", "-x509", "-new", "-key", "root.key", "-days", "30", "-out", "root.pem", "-subj", "/O=Test/CN=Test root",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", "-new", "-key", "leaf.key", "-out", "leaf.csr", "-subj", "/O=Test/CN=Test signer")
    openssl(
        "x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "30",
        "-extfile", "leaf.ext", "-out", "leaf.pem")
    chain = pathlib.Path(folder, "leaf.pem").read_text() + pathlib.Path(folder, "root.pem").read_text()
    pathlib.Path(folder, "chain.pem").write_text(chain)


def sign(folder, source, target):
    manifest = {
        "claim_generator_info": [{"name": "test model", "version": "1.0"}],
        "title": "A generated clip",
        "assertions": [{
            "label": "c2pa.actions",
            "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": GENERATED}]},
        }],
    }
    information = c2pa.C2paSignerInfo(
        alg=b"es256", sign_cert=pathlib.Path(folder, "chain.pem").read_bytes(),
        private_key=pathlib.Path(folder, "leaf.key").read_bytes(), ta_url=None)
    with c2pa.Signer.from_info(information) as signer:
        with c2pa.Builder(json.dumps(manifest)) as builder:
            builder.sign_file(source, target, signer)


def read(path):
    with c2pa.Reader(path) as reader:
        print(reader.json())


if __name__ == "__main__":
    {"certificate": certificate, "sign": sign, "read": read}[sys.argv[1]](*sys.argv[2:])
