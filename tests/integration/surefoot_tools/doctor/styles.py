"""More functions in different styles, for the test of the corpus."""

from __future__ import annotations

from collections.abc import Mapping

STYLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "a handler's path with slashes, relative imports above it": (
        "pkg/sub/mod.handler",
        {
            "pkg/sub/mod.py": (
                "from . import other\n"
                "from ..base import X\n"
                "def handler(event, context):\n"
                "    return 1\n"
            ),
            "pkg/sub/other.py": "",
            "pkg/base.py": "X=1\n",
        },
    ),
    "relative imports in a folder without __init__.py": (
        "ns.a.handler",
        {
            "ns/a.py": ("from .b import y\ndef handler(event, context):\n    return 1\n"),
            "ns/b.py": "y=1\n",
        },
    ),
    "a folder that the code adds to sys.path": (
        "app.handler",
        {
            "app.py": (
                "import sys, os\n"
                "sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'src'))\n"
                "import inner\n"
                "def handler(event, context):\n"
                "    return 1\n"
            ),
            "src/inner.py": "",
        },
    ),
    "a folder that pathlib adds to sys.path": (
        "app.handler",
        {
            "app.py": (
                "import sys\n"
                "from pathlib import Path\n"
                "HERE = Path(__file__).resolve().parent\n"
                "sys.path.append(str(HERE / 'vendor'))\n"
                "import inner\n"
                "def handler(event, context):\n"
                "    return 1\n"
            ),
            "vendor/inner.py": "",
        },
    ),
    "a folder that site adds": (
        "app.handler",
        {
            "app.py": (
                "import site\n"
                "site.addsitedir('/var/task/lib')\n"
                "import inner\n"
                "def handler(event, context):\n"
                "    return 1\n"
            ),
            "lib/inner.py": "",
        },
    ),
    "a .pth file of the task root": (
        "app.handler",
        {
            "app.py": ("import inner\ndef handler(event, context):\n    return 1\n"),
            "x.pth": "lib\n",
            "lib/inner.py": "",
        },
    ),
    "a package that extends its path": (
        "app.handler",
        {
            "app.py": (
                "import pk\nfrom pk import deep\ndef handler(event, context):\n    return 1\n"
            ),
            "pk/__init__.py": "__path__.append(__path__[0]+'/more')\n",
            "pk/more/deep.py": "",
        },
    ),
    "names that a module makes on demand": (
        "app.handler",
        {
            "app.py": ("from pk import dyn\ndef handler(event, context):\n    return 1\n"),
            "pk/__init__.py": ("def __getattr__(n):\n    return 1\n"),
        },
    ),
    "a handler from a star import": (
        "app.handler",
        {
            "app.py": "from impl import *\n",
            "impl.py": ("__all__=['handler']\ndef handler(event, context):\n    return 1\n"),
        },
    ),
    "a handler that a package takes from its module": (
        "pk.handler",
        {
            "pk/__init__.py": "from .main import handler\n",
            "pk/main.py": ("def handler(event, context):\n    return 1\n"),
        },
    ),
    "a method that a class inherits": (
        "app.App.handler",
        {
            "app.py": ("from base import Base\nclass App(Base): pass\n"),
            "base.py": ("class Base:\n    def handler(self, event, context): return 1\n"),
        },
    ),
    "a handler made by globals()": (
        "app.handler",
        {"app.py": "globals()['handler'] = lambda e, c: 1\n"},
    ),
    "a handler made by setattr()": (
        "app.handler",
        {
            "app.py": (
                "import sys\n"
                "for n in ('handler',):\n"
                "    setattr(sys.modules[__name__], n, lambda e, c: 1)\n"
            )
        },
    ),
    "a handler bound in a condition": (
        "app.handler",
        {"app.py": ("if (handler := (lambda e, c: 1)):\n    pass\n")},
    ),
    "a handler that a function binds": (
        "app.handler",
        {"app.py": ("def init():\n    global handler\n    handler = lambda e, c: 1\ninit()\n")},
    ),
    "a handler that importlib finds": (
        "app.handler",
        {
            "app.py": ("import importlib\nhandler = importlib.import_module('impl').handler\n"),
            "impl.py": ("def handler(event, context):\n    return 1\n"),
        },
    ),
    "an import whose error is suppressed": (
        "app.handler",
        {
            "app.py": (
                "import contextlib\n"
                "with contextlib.suppress(ImportError):\n"
                "    import ujson\n"
                "def handler(event, context):\n"
                "    return 1\n"
            )
        },
    ),
    "stubs for type checkers": (
        "app.handler",
        {
            "app.py": (
                "from typing import TYPE_CHECKING\n"
                "if TYPE_CHECKING:\n"
                "    from mypy_boto3_s3 import S3Client\n"
                "def handler(event, context):\n"
                "    return 1\n"
            )
        },
    ),
    "a backport for older Pythons": (
        "app.handler",
        {
            "app.py": (
                "import sys\n"
                "if sys.version_info < (3, 11):\n"
                "    import tomli as tomllib\n"
                "else:\n"
                "    import tomllib\n"
                "def handler(event, context):\n"
                "    return 1\n"
            )
        },
    ),
    "a module of another system": (
        "app.handler",
        {
            "app.py": (
                "import os\n"
                "if os.name == 'nt':\n"
                "    import msvcrt\n"
                "else:\n"
                "    import fcntl\n"
                "def handler(event, context):\n"
                "    return 1\n"
            )
        },
    ),
    "an import of a local run": (
        "app.handler",
        {
            "app.py": (
                "import os\n"
                "if os.environ.get('LOCAL'):\n"
                "    import dotenv\n"
                "    dotenv.load_dotenv()\n"
                "def handler(event, context):\n"
                "    return 1\n"
            )
        },
    ),
    "imports of a script at the end": (
        "app.handler",
        {
            "app.py": (
                "def handler(event, context):\n"
                "    return 1\n"
                "if __name__ == '__main__':\n"
                "    import pytest\n"
                "    print(handler({}, None))\n"
            )
        },
    ),
    "an import after a look for it": (
        "app.handler",
        {
            "app.py": (
                "import importlib.util\n"
                "if importlib.util.find_spec('ddtrace'):\n"
                "    import ddtrace\n"
                "def handler(event, context):\n"
                "    return 1\n"
            )
        },
    ),
    "distributions with other names than their modules": (
        "app.handler",
        {
            "app.py": (
                "import requests, yaml, PIL, sklearn, cv2, dateutil, jwt\n"
                "def handler(event, context):\n"
                "    return 1\n"
            ),
            "requirements.txt": (
                "requests\npyyaml\npillow\nscikit-learn\nopencv-python\npython-dateutil\npyjwt\n"
            ),
        },
    ),
    "chalice": (
        "app.app",
        {
            "app.py": (
                "from chalice import Chalice\n"
                "from chalicelib import db\n"
                "app = Chalice(app_name='x')\n"
                "@app.route('/')\n"
                "def index():\n"
                "    return {'a': db.X}\n"
            ),
            "chalicelib/__init__.py": "",
            "chalicelib/db.py": "X=1\n",
            "requirements.txt": "chalice\n",
            ".chalice/config.json": "{}",
        },
    ),
    "serverless-wsgi": (
        "wsgi_handler.handler",
        {
            "wsgi_handler.py": (
                "import serverless_wsgi\n"
                "from app import app\n"
                "def handler(event, context):\n"
                "    return serverless_wsgi.handle_request(app, event, context)\n"
            ),
            "app.py": (
                "from flask import Flask, request\n"
                "app = Flask(__name__)\n"
                "@app.route('/env')\n"
                "def env():\n"
                "    return request.environ.get('serverless.event')\n"
            ),
            "requirements.txt": ("flask\nserverless-wsgi\n"),
        },
    ),
    "mangum with routers": (
        "main.handler",
        {
            "main.py": (
                "from fastapi import FastAPI\n"
                "from mangum import Mangum\n"
                "from api.routes import router\n"
                "app = FastAPI()\n"
                "app.include_router(router)\n"
                "handler = Mangum(app, lifespan='off')\n"
            ),
            "api/__init__.py": "",
            "api/routes.py": (
                "from fastapi import APIRouter\n"
                "router = APIRouter()\n"
                "@router.get('/')\n"
                "async def root():\n"
                "    return {}\n"
            ),
            "requirements.txt": ("fastapi\nmangum\n"),
        },
    ),
    "django with settings": (
        "proj.lambda_.handler",
        {
            "manage.py": (
                "#!/usr/bin/env python\n"
                "import os, sys\n"
                "os.environ.setdefault('DJANGO_SETTINGS_MODULE','proj.settings')\n"
            ),
            "proj/__init__.py": "",
            "proj/settings.py": (
                "import os\n"
                "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3',\n"
                "                         'NAME': '/tmp/db'}}\n"
                "SECRET_KEY = os.environ.get('SECRET_KEY', 'django-insecure-x')\n"
            ),
            "proj/lambda_.py": (
                "import os\n"
                "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\n"
                "from apig_wsgi import make_lambda_handler\n"
                "from django.core.wsgi import get_wsgi_application\n"
                "handler = make_lambda_handler(get_wsgi_application())\n"
            ),
            "requirements.txt": ("django\napig-wsgi\n"),
        },
    ),
    "hooks of snapshot_restore_py": (
        "app.handler",
        {
            "app.py": (
                "from snapshot_restore_py import register_before_snapshot, register_after_restore\n"
                "@register_before_snapshot\n"
                "def b(): ...\n"
                "def handler(event, context):\n"
                "    return 1\n"
            )
        },
    ),
    "variables for a child process": (
        "app.handler",
        {
            "app.py": (
                "import os, subprocess\n"
                "def handler(e,c):\n"
                "    env = os.environ.copy()\n"
                "    env['X']='1'\n"
                "    subprocess.run(['ls'], env={**os.environ, 'Y':'2'})\n"
                "    return subprocess.check_output(['ls'], env=env).decode()\n"
            )
        },
    ),
    "variables that a filter leaves": (
        "app.handler",
        {
            "app.py": (
                "import os, json\n"
                "def handler(e,c):\n"
                "    print({k: v for k, v in os.environ.items() if k.startswith('APP_')})\n"
                "    return {k: os.environ[k] for k in ('A','B') if k in os.environ}\n"
            )
        },
    ),
    "variables that a template names": (
        "app.handler",
        {
            "app.py": (
                "import os\n"
                "from string import Template\n"
                "def handler(e,c):\n"
                "    print(Template('$A').safe_substitute(os.environ))\n"
                "    print('{A}'.format(**os.environ))\n"
                "    print('%(A)s' % os.environ)\n"
            )
        },
    ),
    "folders called like modules of the standard library": (
        "app.handler",
        {
            "app.py": ("def handler(event, context):\n    return 1\n"),
            "test/__init__.py": "",
            "test/x.py": "",
            "code/x.py": "",
            "site/index.html": "",
            "email/template.html": "x",
            "queue/x.txt": "",
            "profile/a.txt": "",
        },
    ),
    "unused modules called like the standard library's": (
        "app.handler",
        {
            "app.py": ("def handler(event, context):\n    return 1\n"),
            "calendar.py": "",
            "this.py": "",
            "statistics.py": "",
            "cmd.py": "",
            "secrets.py": "",
        },
    ),
    "grammar of Python 3.14": (
        "app.handler",
        {
            "app.py": (
                "x = 1\n"
                "y = t'{x}'\n"
                "try:\n"
                "    pass\n"
                "except ValueError, TypeError:\n"
                "    pass\n"
                "def handler(event, context):\n"
                "    return 1\n"
            )
        },
    ),
    "scripts and templates in other languages": (
        "app.handler",
        {
            "app.py": ("def handler(event, context):\n    return 1\n"),
            "tests/old.py": "print 'x'\n",
            "scripts/old.py": "print 'x'\n",
            "templates/x.py": "{{ cookiecutter }}\n",
        },
    ),
    "scripts of a deployment with Windows line ends": (
        "app.handler",
        {
            "app.py": ("def handler(event, context):\n    return 1\n"),
            "deploy.sh": ("#!/bin/bash\r\necho\r\n"),
            "ci/x.sh": "echo\r\n",
        },
    ),
    "certificates and public keys": (
        "app.handler",
        {
            "app.py": ("def handler(event, context):\n    return 1\n"),
            "rds-combined-ca-bundle.pem": (
                "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
            ),
            "public.pem": ("-----BEGIN PUBLIC KEY-----\nMFk\n-----END PUBLIC KEY-----\n"),
        },
    ),
    "packages that are unzipped at the start": (
        "app.handler",
        {
            "app.py": (
                "try:\n"
                "    import unzip_requirements\n"
                "except ImportError:\n"
                "    pass\n"
                "import numpy\n"
                "def handler(event, context):\n"
                "    return 1\n"
            ),
            ".requirements.zip": "",
            "unzip_requirements.py": (
                "import os, sys\npkgdir='/tmp/sls-py-req'\nsys.path.append(pkgdir)\n"
            ),
        },
    ),
    "packages that are installed at the start": (
        "app.handler",
        {
            "app.py": (
                "import sys, subprocess\n"
                "subprocess.check_call([sys.executable,'-m','pip','install','requests','-t','/tmp/lib'])\n"
                "sys.path.insert(1,'/tmp/lib')\n"
                "import requests\n"
                "def handler(event, context):\n"
                "    return 1\n"
            )
        },
    ),
    "packages of a mounted file system": (
        "app.handler",
        {
            "app.py": (
                "import sys\n"
                "sys.path.append('/mnt/efs/lib')\n"
                "import torch\n"
                "def handler(event, context):\n"
                "    return 1\n"
            )
        },
    ),
    "a PYTHONPATH of the Dockerfile": (
        "app.handler",
        {
            "app.py": ("import inlib\ndef handler(event, context):\n    return 1\n"),
            "lib/inlib.py": "",
            "Dockerfile": (
                'FROM surefoot\nENV PYTHONPATH=/var/task/lib\nCOPY . ./\nCMD ["app.handler"]\n'
            ),
        },
    ),
    "a src folder that the Dockerfile copies": (
        "mypkg.app.handler",
        {
            "src/mypkg/__init__.py": "",
            "src/mypkg/app.py": (
                "from mypkg.util import x\ndef handler(event, context):\n    return 1\n"
            ),
            "src/mypkg/util.py": "x=1\n",
            "pyproject.toml": ("[project]\nname='mypkg'\nversion='0'\n"),
            "Dockerfile": ('FROM surefoot\nCOPY src/ ./\nCMD ["mypkg.app.handler"]\n'),
        },
    ),
}
