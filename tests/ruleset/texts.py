"""Small rule files in each format."""

from __future__ import annotations

import json
from typing import Any

SIGMA = """\
title: Archive with a password
id: 3d2f65e6-9c04-4c1a-8b0e-5a1c0b7e1a00
status: test
logsource:
  category: process_creation
  product: windows
detection:
  selection:
    Image|endswith: '\\rar.exe'
    CommandLine|contains: ' -hp'
  condition: selection
level: medium
tags:
  - attack.t1560.001
"""
SIGMA_FILTER = """\
title: Backup server packs archives
logsource:
  category: process_creation
  product: windows
filter:
  rules:
    - 3d2f65e6-9c04-4c1a-8b0e-5a1c0b7e1a00
  selection:
    User: backupsvc
  condition: not selection
"""
SPLUNK = """\
name: Archive With Password
id: 791b727c-0001-4fbe-a732-756131b3c5a1
version: 1
author: A. Author
type: TTP
search: '`endpoint_logs` process_name=rar.exe process="* -hp*" | `ctime(firstTime)`
  | `archive_with_password_filter`'
tags:
  mitre_attack_id:
    - T1560.001
"""


def elastic(**changes: Any) -> str:
    """Return an Elastic rule with some keys changed; ``None`` leaves a key out."""
    rule: dict[str, Any] = {
        "name": "Archive with a password",
        "rule_id": "0b7e1a00-3d2f-65e6-9c04-4c1a8b0e5a1c",
        "type": "eql",
        "language": "eql",
        "severity": "low",
        "risk_score": 21,
        "interval": "10m",
        "from": "now-11m",
        "index": ["logs-endpoint.events.process-*"],
        "query": 'process where process.name == "rar.exe" and process.args : "-hp*"',
    }
    rule.update(changes)
    lines = [f"{key} = {json.dumps(one)}" for key, one in rule.items() if one is not None]
    return "\n".join(["[metadata]", 'maturity = "production"', "", "[rule]", *lines, ""])
