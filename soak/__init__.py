# SPDX-License-Identifier: Apache-2.0
"""A node under mixed load and trouble for a long time, every answer checked (`make soak`).

`crashes`    one process, killed over and over in the middle of writes
`load`       callers who know what they must be answered
`trouble`    callers who are slow, and a node whose processes are killed and renewed
`memory`     what the node's processes take
`figures`    what was counted, and the table at the end
"""
