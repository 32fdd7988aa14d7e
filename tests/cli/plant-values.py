#!/usr/bin/env python3
# Plants a value below a folder, a file a form and a container: plant-values.py FOLDER VALUE.
# Prints the path of each, as `samekey scan` must name it.
import base64, bz2, gzip, io, json, lzma, os, sys, tarfile, urllib.parse, zipfile

folder, value = sys.argv[1], sys.argv[2]
raw = value.encode()


def write(name, data):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    print(path)


def js(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'")


def html(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


forms = {
    "raw": raw,
    "json": json.dumps(value).encode(),
    "json-slash": json.dumps(value).replace("/", "\\/").encode(),
    "js-double": ('x="%s"' % js(value)).encode(),
    "html": ("<p>%s</p>" % html(value)).encode(),
    "json-thrice": json.dumps(json.dumps(json.dumps({"s": value}))).encode(),
    "url-twice": urllib.parse.quote(urllib.parse.quote(value, safe=""), safe="").encode(),
    "html-twice": html(html(value)).encode(),
    "url": urllib.parse.quote(value, safe="").encode(),
    "hex": raw.hex().encode(),
    "hex-upper": raw.hex().upper().encode(),
    "utf-16le": value.encode("utf-16-le"),
    "utf-16be": value.encode("utf-16-be"),
}
for phase in range(3):
    around = b"q" * phase + raw + b"tail"
    forms["base64-%d" % phase] = base64.b64encode(around)
    forms["base64url-%d" % phase] = base64.urlsafe_b64encode(around).rstrip(b"=")
for name, text in forms.items():
    write("forms/%s.txt" % name, b"before " + text + b" after\n")
    write("edge/%s.txt" % name, text)
    write("far/%s.txt" % name, b"x" * 1048570 + b" " + text + b" y" * 70000)

plain = b"module.exports={secret:" + json.dumps(value).encode() + b"}\n"


def tar(members, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def packed(members, kind=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


write("in/page.js.gz", gzip.compress(plain))
write("in/page.tar", tar({"a/page.js": plain}))
write("in/page.tgz", tar({"a/page.js": plain}, "w:gz"))
write("in/page.zip", packed({"a/page.js": plain}))
write("in/stored.zip", packed({"a/page.js": plain}, zipfile.ZIP_STORED))
write("in/nested.tgz", tar({"b/inner.zip": packed({"c/page.js.gz": gzip.compress(plain)})}, "w:gz"))
write("in/page.js.map", json.dumps({"version": 3, "sourcesContent": [plain.decode()]}).encode())
write("in/page.js.xz", lzma.compress(plain))
write("in/page.js.bz2", bz2.compress(plain))
write("in/page.txz", tar({"a/page.js": plain}, "w:xz"))
write("in/bzip2.zip", packed({"a/page.js": plain}, zipfile.ZIP_BZIP2))
write("in/lzma.zip", packed({"a/page.js": plain}, zipfile.ZIP_LZMA))
deb = b"!<arch>\n"
for name, data in (("debian-binary", b"2.0\n"), ("data.tar.xz", tar({"./opt/page.js": plain}, "w:xz"))):
    deb += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name.encode(), 0, 0, 0, b"100644", len(data))
    deb += data + b"\n" * (len(data) % 2)
write("in/page.deb", deb)
layer = tar({"app/page.js": plain}, "w:gz")
write("image/blobs/sha256/" + "ab" * 32, layer)
for name, text in (("image/oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("image/index.json", b"{}")):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(text)
