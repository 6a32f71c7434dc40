"""The nsupdate.info service for one name, on loopback: sqlite, no front server, its DNS side told port and key.

Arguments: folder, name, password, port of the name server, name of the TSIG key, its secret. Says `port N` once it listens.
"""

import os
import sys

folder, name, password, dns_port, key_name, key_secret = sys.argv[1:]
with open(os.path.join(folder, "service_settings.py"), "w") as settings:
    settings.write(
        "from nsupdate.settings.base import *\n"
        "SECRET_KEY = 'of a test'\n"
        "ALLOWED_HOSTS = ['127.0.0.1']\n"
        f"DATABASES = {{'default': {{'ENGINE': 'django.db.backends.sqlite3', 'NAME': {folder + '/db.sqlite'!r}}}}}\n"
        "SECURE_SSL_REDIRECT = False\n"
        "WWW_HOST = WWW_IPV4_HOST = WWW_IPV6_HOST = '127.0.0.1'\n"
    )
sys.path.insert(0, folder)
os.environ["DJANGO_SETTINGS_MODULE"] = "service_settings"

import django
import dns.query
import dns.resolver

tcp = dns.query.tcp
dns.query.tcp = lambda message, where, **more: tcp(message, where, port=int(dns_port), **more)
dns.resolver.Resolver.port = int(dns_port)
original = dns.resolver.Resolver.__init__


def with_port(self, *arguments, **more):
    original(self, *arguments, **more)
    self.port = int(dns_port)


dns.resolver.Resolver.__init__ = with_port
django.setup()

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from nsupdate.main import dnstools
from nsupdate.main.models import Domain, Host

info = dnstools.get_ns_info


def with_key(fqdn):
    found = list(info(fqdn))
    found[5] = key_name
    return tuple(found)


dnstools.get_ns_info = with_key
call_command("migrate", verbosity=0)
user = get_user_model().objects.create_user("somebody", "somebody@example.org", "a password of the web front")
label, _, zone = name.partition(".")
domain = Domain.objects.create(
    name=zone,
    nameserver_ip="127.0.0.1",
    nameserver_update_secret=key_secret,
    nameserver_update_algorithm="HMAC_SHA256",
    available=True,
    created_by=user,
)
host = Host.objects.create(name=label, domain=domain, created_by=user)
host.generate_secret(password)

from wsgiref.simple_server import make_server

server = make_server("127.0.0.1", 0, get_wsgi_application())
print(f"port {server.server_port}", flush=True)
server.serve_forever()
