"""How licences are written in the wild, and what is meant: facts only.

Identifiers are those of the SPDX licence list 3; the long names after `License ::` are the trove classifiers
of Python packages (the part after "OSI Approved ::").
"""

from __future__ import annotations

# SPDX expression: other spellings of it, in any case.
ALIASES: dict[str, tuple[str, ...]] = {
    "0BSD": ("Zero-Clause BSD (0BSD)", "Zero-Clause BSD", "BSD Zero Clause"),
    "AFL-3.0": ("Academic Free License (AFL)",),
    "AGPL-3.0-only": (
        "AGPL-3",
        "AGPLv3",
        "AGPL 3.0",
        "AGPL",
        "GNU AGPL",
        "GNU AGPLv3",
        "Affero GPL",
        "GNU Affero General Public License v3",
        "GNU Affero General Public License v3.0",
        "GNU Affero General Public License",
    ),
    "AGPL-3.0-or-later": (
        "AGPLv3+",
        "AGPL-3+",
        "GNU Affero General Public License v3 or later (AGPLv3+)",
        "GNU Affero General Public License v3 or later",
        "GNU Affero General Public License v3.0 or later",
    ),
    "Apache-1.1": ("Apache 1.1", "Apache License 1.1", "Apache Software License 1.1"),
    "Apache-2.0": (
        "Apache",
        "Apache 2",
        "Apache 2.0",
        "Apache-2",
        "Apache2",
        "Apache2.0",
        "Apache v2",
        "Apache v2.0",
        "Apache License",
        "Apache License 2.0",
        "Apache License, Version 2.0",
        "Apache License v2.0",
        "Apache License Version 2.0",
        "The Apache License, Version 2.0",
        "The Apache License 2.0",
        "The Apache Software License, Version 2.0",
        "Apache Software License",
        "Apache Software License 2.0",
        "ASL 2.0",
        "AL-2.0",
    ),
    "Artistic-2.0": ("Artistic License 2.0",),
    "BSD-2-Clause": (
        "BSD 2-Clause",
        "BSD 2 Clause",
        "BSD-2",
        "2-Clause BSD",
        "Simplified BSD",
        "FreeBSD",
        "BSD 2-Clause License",
        "Simplified BSD License",
        "2-Clause BSD License",
        'BSD 2-Clause "Simplified" License',
    ),
    "BSD-3-Clause": (
        "BSD 3-Clause",
        "BSD 3 Clause",
        "BSD-3",
        "3-Clause BSD",
        "New BSD",
        "Modified BSD",
        "Revised BSD",
        "BSD 3-Clause License",
        "New BSD License",
        "Modified BSD License",
        "3-Clause BSD License",
        "The BSD 3-Clause License",
        'BSD 3-Clause "New" or "Revised" License',
    ),
    "BSL-1.0": (
        "Boost Software License 1.0 (BSL-1.0)",
        "Boost Software License 1.0",
        "Boost Software License",
    ),
    "BUSL-1.1": ("Business Source License 1.1",),
    "CC-BY-4.0": ("CC BY 4.0", "Creative Commons Attribution 4.0 International"),
    "CC0-1.0": (
        "CC0",
        "CC0 1.0",
        "CC0 1.0 Universal",
        "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication",
    ),
    "CDDL-1.0": ("Common Development and Distribution License 1.0 (CDDL-1.0)",),
    "ECL-2.0": ("Educational Community License, Version 2.0 (ECL-2.0)",),
    "EPL-1.0": (
        "Eclipse Public License 1.0",
        "Eclipse Public License 1.0 (EPL-1.0)",
        "Eclipse Public License - v 1.0",
    ),
    "EPL-2.0": (
        "Eclipse Public License 2.0",
        "Eclipse Public License 2.0 (EPL-2.0)",
        "Eclipse Public License - v 2.0",
        "Eclipse Public License v2.0",
    ),
    "EUPL-1.1": ("European Union Public Licence 1.1 (EUPL 1.1)", "EUPL 1.1"),
    "EUPL-1.2": ("European Union Public Licence 1.2 (EUPL 1.2)", "EUPL 1.2"),
    "GPL-2.0-only": (
        "GPLv2",
        "GPL-2",
        "GPL2",
        "GPL v2",
        "GPL 2",
        "GNU GPLv2",
        "GNU GPL v2",
        "GNU General Public License v2 (GPLv2)",
        "GNU General Public License v2",
        "GNU General Public License v2.0",
        "GNU General Public License, version 2",
    ),
    "GPL-2.0-or-later": (
        "GPLv2+",
        "GPL-2+",
        "GPL v2+",
        "GNU General Public License v2 or later (GPLv2+)",
        "GNU General Public License v2.0 or later",
        "GNU GPL v2 or later",
    ),
    "GPL-3.0-only": (
        "GPLv3",
        "GPL-3",
        "GPL3",
        "GPL v3",
        "GPL 3",
        "GNU GPLv3",
        "GNU GPL v3",
        "GNU General Public License v3 (GPLv3)",
        "GNU General Public License v3",
        "GNU General Public License v3.0",
        "GNU General Public License, version 3",
    ),
    "GPL-3.0-or-later": (
        "GPLv3+",
        "GPL-3+",
        "GPL v3+",
        "GNU General Public License v3 or later (GPLv3+)",
        "GNU General Public License v3.0 or later",
        "GNU GPL v3 or later",
    ),
    "HPND": ("Historical Permission Notice and Disclaimer (HPND)",),
    "ISC": ("ISC License", "ISC License (ISCL)", "ISCL", "The ISC License"),
    "LGPL-2.0-only": ("LGPLv2.0", "GNU Lesser General Public License v2 (LGPLv2)"),
    "LGPL-2.0-or-later": ("GNU Lesser General Public License v2 or later (LGPLv2+)", "LGPLv2+"),
    "LGPL-2.1-only": ("LGPLv2.1", "LGPL 2.1", "GNU Lesser General Public License v2.1"),
    "LGPL-2.1-or-later": ("LGPLv2.1+", "GNU Lesser General Public License v2.1 or later"),
    "LGPL-3.0-only": (
        "LGPLv3",
        "LGPL-3",
        "LGPL 3",
        "GNU Lesser General Public License v3 (LGPLv3)",
        "GNU Lesser General Public License v3.0",
    ),
    "LGPL-3.0-or-later": ("LGPLv3+", "LGPL-3+", "GNU Lesser General Public License v3 or later (LGPLv3+)"),
    "MIT": (
        "MIT License",
        "The MIT License",
        "The MIT License (MIT)",
        "MIT License (MIT)",
        "Expat",
        "Expat License",
        "MIT/X11",
        "MIT-License",
        "MIT Licence",
    ),
    "MIT-0": ("MIT No Attribution License (MIT-0)", "MIT No Attribution"),
    "MPL-1.1": ("Mozilla Public License 1.1 (MPL 1.1)", "MPL 1.1", "Mozilla Public License 1.1"),
    "MPL-2.0": (
        "Mozilla Public License 2.0 (MPL 2.0)",
        "MPL 2.0",
        "MPLv2",
        "MPLv2.0",
        "MPL-2",
        "Mozilla Public License 2.0",
        "Mozilla Public License, Version 2.0",
    ),
    "MulanPSL-2.0": ("Mulan Permissive Software License v2 (MulanPSL-2.0)",),
    "NCSA": ("University of Illinois/NCSA Open Source License",),
    "OFL-1.1": ("SIL Open Font License 1.1 (OFL-1.1)", "SIL Open Font License 1.1"),
    "PSF-2.0": ("PSF", "PSFL", "Python Software Foundation License", "PSF License"),
    "SSPL-1.0": ("SSPL", "Server Side Public License", "Server Side Public License, Version 1"),
    "UPL-1.0": ("Universal Permissive License (UPL)",),
    "Unlicense": ("The Unlicense (Unlicense)", "The Unlicense", "Unlicensed (Unlicense)"),
    "Vim": ("Vim License",),
    "W3C": ("W3C License",),
    "WTFPL": ("Do What The F*ck You Want To Public License",),
    "ZPL-2.1": ("Zope Public License 2.1", "ZPL 2.1"),
    "Zlib": ("zlib/libpng License", "zlib License", "The zlib License"),
    # Identifiers that SPDX gave up for an expression.
    "GPL-2.0-only WITH Autoconf-exception-2.0": ("GPL-2.0-with-autoconf-exception",),
    "GPL-2.0-only WITH Bison-exception-2.2": ("GPL-2.0-with-bison-exception",),
    "GPL-2.0-only WITH Classpath-exception-2.0": (
        "GPL-2.0-with-classpath-exception",
        "GPL2 w/ CPE",
        "GPLv2 with CPE",
        "GPLv2 with Classpath exception",
    ),
    "GPL-2.0-only WITH Font-exception-2.0": ("GPL-2.0-with-font-exception",),
    "GPL-2.0-only WITH GCC-exception-2.0": ("GPL-2.0-with-GCC-exception",),
    "GPL-3.0-only WITH Autoconf-exception-3.0": ("GPL-3.0-with-autoconf-exception",),
    "GPL-3.0-only WITH GCC-exception-3.1": ("GPL-3.0-with-GCC-exception",),
}

# Names that leave open which licence is meant: the ones in use that it may be, and its other spellings.
VAGUE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "BSD": (("BSD-2-Clause", "BSD-3-Clause"), ("BSD License", "BSD-like", "BSD style", "BSD-style")),
    "GPL": (
        ("GPL-2.0-only", "GPL-3.0-only"),
        ("GNU GPL", "GNU General Public License", "GNU General Public License (GPL)"),
    ),
    "LGPL": (
        ("LGPL-2.1-only", "LGPL-3.0-only"),
        (
            "GNU LGPL",
            "GNU Lesser General Public License",
            "GNU Library or Lesser General Public License (LGPL)",
        ),
    ),
    "MPL": (("MPL-1.1", "MPL-2.0"), ("Mozilla Public License",)),
    "EPL": (("EPL-1.0", "EPL-2.0"), ("Eclipse Public License",)),
    "Artistic": (("Artistic-1.0", "Artistic-2.0"), ("Artistic License",)),
    "ZPL": (("ZPL-2.0", "ZPL-2.1"), ("Zope Public License",)),
}

# Published versions, oldest first: what "or later" offers a choice of.
LADDERS: dict[str, tuple[str, ...]] = {
    "AGPL": ("AGPL-1.0-only", "AGPL-3.0-only"),
    "Apache": ("Apache-1.0", "Apache-1.1", "Apache-2.0"),
    "Artistic": ("Artistic-1.0", "Artistic-2.0"),
    "CDDL": ("CDDL-1.0", "CDDL-1.1"),
    "EPL": ("EPL-1.0", "EPL-2.0"),
    "EUPL": ("EUPL-1.0", "EUPL-1.1", "EUPL-1.2"),
    "GFDL": ("GFDL-1.1-only", "GFDL-1.2-only", "GFDL-1.3-only"),
    "GFDL-invariants": ("GFDL-1.1-invariants-only", "GFDL-1.2-invariants-only", "GFDL-1.3-invariants-only"),
    "GFDL-no-invariants": ("GFDL-1.1-no-invariants-only", "GFDL-1.2-no-invariants-only", "GFDL-1.3-no-invariants-only"),
    "GPL": ("GPL-1.0-only", "GPL-2.0-only", "GPL-3.0-only"),
    "LGPL": ("LGPL-2.0-only", "LGPL-2.1-only", "LGPL-3.0-only"),
    "MPL": ("MPL-1.0", "MPL-1.1", "MPL-2.0"),
    "ZPL": ("ZPL-1.1", "ZPL-2.0", "ZPL-2.1"),
}

# Identifiers of the SPDX list that license-expression 30 does not have, or takes for exceptions.
MORE_LICENCES = """
    Advanced-Cryptics-Dictionary ALGLIB-Documentation BOLA-1.1 BSD-3-Clause-Tso BSD-Mark-Modifications Buddy CAPEC-tou
    eCos-2.0 ESA-PL-permissive-2.4 ESA-PL-strong-copyleft-2.4 ESA-PL-weak-copyleft-2.4
    HPND-sell-variant-critical-systems HPND-SMC hyphen-bulgarian ISO-permission MIT-STK MMPL-1.0.1
    MPL-2.0-no-copyleft-exception Net-SNMP NIST-PD-TNT OpenMDW-1.0 OSC-1.0 OSSP ParaType-Free-Font-1.3 SGMLUG-PM TekHVC
    UnRAR Vixie-Cron WordNet WTFNMFPL X11-no-permit-persons
"""
MORE_EXCEPTIONS = """
    Classpath-exception-2.0-short kvirc-openssl-exception rsync-linking-exception Simple-Library-Usage-exception
    sqlitestudio-OpenSSL-exception
"""

# Words that say that nobody says; they are no licence of any kind.
NOTHING_STATED = frozenset({"", "noassertion", "none", "unknown", "n/a", "null", "other"})
