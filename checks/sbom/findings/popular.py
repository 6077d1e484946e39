"""Names that look-alikes are made of: packages that many depend on, by package URL type. Facts only, from memory of the
ecosystems; the list is short on purpose, since the names of the base's own bill come on top.
"""

from __future__ import annotations

from collections.abc import Mapping

_LISTED = {
    "npm": (
        "@angular/core @babel/core @babel/runtime @types/node @types/react ajv async autoprefixer aws-sdk "
        "axios babel-core babel-eslint babel-loader bcrypt bcryptjs bluebird body-parser bootstrap browserify "
        "chai chalk cheerio chokidar classnames color colors commander compression concurrently cookie "
        "cookie-parser core-js cors cross-env crypto-js css-loader d3 dayjs debug discord.js dotenv electron "
        "ember-cli eslint eslint-plugin-import eslint-plugin-react event-stream express express-session faker "
        "fs-extra glob graphql gulp handlebars helmet http-proxy immutable inquirer ioredis jest joi jquery "
        "js-yaml jsdom jsonwebtoken karma knex koa less lodash lodash.merge log4js lru-cache material-ui "
        "memcached minimatch minimist mkdirp mocha moment moment-timezone mongodb mongoose morgan multer "
        "mysql mysql2 nanoid next node-fetch node-forge node-sass nodemailer nodemon nyc passport "
        "passport-jwt path pg pino postcss prettier prop-types puppeteer qs ramda react react-dom "
        "react-native react-redux react-router react-router-dom readable-stream redis redux redux-thunk "
        "request rimraf rollup rxjs sass semver sequelize serve shelljs sinon socket.io socket.io-client "
        "sqlite3 string-width strip-ansi style-loader styled-components supports-color tailwindcss through2 "
        "ts-node tslib typescript ua-parser-js underscore uuid validator vite vue vue-router vuex web3 "
        "webpack webpack-cli webpack-dev-server winston ws xml2js yargs zod"
    ),
    "pypi": (
        "aiohttp alembic ansible attrs babel beautifulsoup4 black boto3 botocore cachetools celery certifi "
        "cffi chardet charset-normalizer click colorama coverage cryptography cython django "
        "djangorestframework docker fastapi flake8 flask flask-cors flask-sqlalchemy gevent "
        "google-api-python-client google-auth greenlet grpcio gunicorn httpx idna importlib-metadata "
        "itsdangerous jinja2 jsonschema keras kubernetes lxml markdown markupsafe matplotlib mypy networkx "
        "nltk numpy oauthlib openai openpyxl packaging pandas paramiko pillow pip pluggy poetry protobuf "
        "psutil psycopg2 psycopg2-binary pyasn1 pycparser pycryptodome pydantic pygments pyjwt pymongo "
        "pymysql pyopenssl pyparsing pyspark pytest pytest-cov python-dateutil python-dotenv pytorch pytz "
        "pyyaml redis requests requests-oauthlib rich rsa ruff s3transfer scikit-learn scipy selenium "
        "sentry-sdk setuptools six sqlalchemy starlette sympy tensorflow tornado tqdm transformers "
        "typing-extensions urllib3 uvicorn virtualenv websockets werkzeug wheel wrapt zipp"
    ),
    "cargo": (
        "anyhow async-trait base64 bitflags byteorder bytes chrono clap crossbeam env_logger futures "
        "hashbrown hyper itertools lazy_static libc log num-traits once_cell parking_lot proc-macro2 quote "
        "rand rayon regex reqwest ring rustls rust_decimal serde serde_json serde_yaml smallvec syn tempfile "
        "thiserror tokio tonic tracing unicode-ident url uuid"
    ),
    "gem": (
        "actionpack activerecord activesupport addressable atlas-client bcrypt bootstrap-sass bundler "
        "capistrano devise faraday ffi i18n json jwt minitest mysql2 nokogiri pg puma rack rails rake redis "
        "rest-client rspec rubocop rubyzip sass sidekiq sinatra thor tzinfo"
    ),
    "golang": (
        "github.com/gin-gonic/gin github.com/golang/protobuf github.com/google/uuid github.com/gorilla/mux "
        "github.com/gorilla/websocket github.com/pkg/errors github.com/prometheus/client_golang "
        "github.com/sirupsen/logrus github.com/spf13/cobra github.com/spf13/viper github.com/stretchr/testify "
        "go.uber.org/zap golang.org/x/crypto golang.org/x/net golang.org/x/sys golang.org/x/text "
        "google.golang.org/grpc google.golang.org/protobuf gopkg.in/yaml.v2 gopkg.in/yaml.v3 k8s.io/api "
        "k8s.io/apimachinery k8s.io/client-go"
    ),
    "maven": (
        "ch.qos.logback:logback-classic com.fasterxml.jackson.core:jackson-databind com.google.code.gson:gson "
        "com.google.guava:guava commons-io:commons-io junit:junit mysql:mysql-connector-java "
        "org.apache.commons:commons-lang3 org.apache.httpcomponents:httpclient "
        "org.apache.logging.log4j:log4j-core org.hibernate:hibernate-core org.mockito:mockito-core "
        "org.projectlombok:lombok org.slf4j:slf4j-api org.springframework:spring-core"
    ),
    "composer": (
        "doctrine/orm fakerphp/faker guzzlehttp/guzzle laravel/framework league/flysystem monolog/monolog "
        "nesbot/carbon phpunit/phpunit predis/predis symfony/console symfony/http-foundation twig/twig"
    ),
    "nuget": (
        "AutoMapper Castle.Core Dapper EntityFramework FluentAssertions FluentValidation log4net MediatR Moq "
        "Newtonsoft.Json NLog NUnit Polly Serilog StackExchange.Redis Swashbuckle.AspNetCore xunit"
    ),
}

POPULAR: Mapping[str, frozenset[str]] = {ecosystem: frozenset(names.split()) for ecosystem, names in _LISTED.items()}
