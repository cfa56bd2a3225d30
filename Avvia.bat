@echo off
rem Apre la scrivania: doppio clic. Prepara da solo cio' che manca; non servono diritti di amministratore.
chcp 65001 >nul
cd /d "%~dp0"
title Scrivania dell'analista
where py >nul 2>nul && (py -3 avvia.py & goto fine)
where python >nul 2>nul && (python avvia.py & goto fine)
echo Python non e' installato.
echo Che cosa fare: installarlo dal Microsoft Store ^(cercare "Python 3.12"^), poi fare di nuovo doppio clic su Avvia.
:fine
if errorlevel 1 pause
