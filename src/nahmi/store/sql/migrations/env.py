# SPDX-License-Identifier: Apache-2.0
"""What Alembic runs: the steps that it was told to, on the connection that it was given."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
