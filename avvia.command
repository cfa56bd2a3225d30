#!/bin/sh
# Apre la scrivania: doppio clic. Prepara da solo ciò che manca; non servono diritti di amministratore.
cd "$(dirname "$0")" || exit 1
for python in python3.13 python3.12 python3.11 python3; do
  if command -v "$python" >/dev/null 2>&1; then exec "$python" avvia.py; fi
done
echo "Python non è installato. Che cosa fare: installarlo da python.org, poi fare di nuovo doppio clic su avvia.command."
read -r _
