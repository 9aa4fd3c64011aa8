"""Folders in which people keep what they write: what lies below them is cut out of paths. Pure.

The statement promises that inside such a folder nothing remains of the names of subfolders. Known are the names
that desktops and Windows give these folders in the languages they are most often set to, and the folders of
services that keep files in step. A folder of downloads is no such folder: it is where programs come from.
"""

from __future__ import annotations

import re
from typing import Final

from vedette.facts.privacy import HOME

CUT: Final = "…"

# As in the translations of xdg-user-dirs and in the Windows shell.
_FOLDERS = """
Desktop|Documents|My Documents|Music|My Music|Pictures|My Pictures|Videos|My Videos|Movies|Templates|Public
Schreibtisch|Dokumente|Eigene Dateien|Eigene Bilder|Musik|Bilder|Vorlagen|Öffentlich
Bureau|Mes documents|Mes images|Musique|Images|Vidéos|Modèles
Escritorio|Documentos|Mis documentos|Música|Imágenes|Vídeos|Plantillas|Público
Scrivania|Documenti|Musica|Immagini|Video|Modelli|Pubblici
Área de trabalho|Ambiente de trabalho|Secretária|Meus documentos|Músicas|Imagens|Modelos
Bureaublad|Documenten|Mijn documenten|Muziek|Afbeeldingen|Video's|Sjablonen|Openbaar
Pulpit|Dokumenty|Moje dokumenty|Muzyka|Obrazy|Wideo|Szablony|Publiczny
Skrivbord|Dokument|Mallar|Videor|Skrivebord|Dokumenter|Musikk|Billeder|Videoer|Videoklip|Filmer|Skabeloner|Maler
Työpöytä|Asiakirjat|Tiedostot|Musiikki|Kuvat|Videot|Mallit
Plocha|Hudba|Obrázky|Videa|Videá|Šablony|Asztal|Dokumentumok|Zene|Képek|Videók|Birou|Documente|Muzică|Imagini
Masaüstü|Belgeler|Müzik|Resimler|Videolar|Radna površina|Dokumenti|Glazba|Slike|Namizje|Glasba
Рабочий стол|Документы|Мои документы|Музыка|Изображения|Видео|Шаблоны
Стільниця|Робочий стіл|Документи|Музика|Зображення|Картинки|Відео
Работен плот|Картини|Επιφάνεια εργασίας|Έγγραφα|Μουσική|Εικόνες|Βίντεο
桌面|文档|我的文档|音乐|图片|视频|模板|文件|我的文件|音樂|圖片|影片
デスクトップ|ドキュメント|マイ ドキュメント|書類|ミュージック|音楽|ピクチャ|画像|ビデオ
바탕화면|바탕 화면|문서|내 문서|음악|사진|비디오|동영상
سطح المكتب|المستندات|الموسيقى|الصور|فيديو|שולחן העבודה|מסמכים|מוזיקה|תמונות|וידאו
"""

# What follows these names often says whose they are: "OneDrive - Example Ltd".
_SERVICES = """
OneDrive|Dropbox|Google Drive|GoogleDrive|My Drive|Nextcloud|ownCloud|iCloud Drive|iCloudDrive|pCloudDrive|pCloud Drive
MEGA|MEGAsync|Seafile|Syncthing|Sync|Box|Box Sync|Yandex.Disk|Tresorit|SpiderOak Hive
"""


def _any_of(names: str) -> str:
    every = {name for line in names.strip().splitlines() for name in line.split("|")}
    return "|".join(re.escape(name) for name in sorted(every, key=lambda n: (-len(n), n)))


# The mask has one spelling; searching for it apart from the rest is many times quicker.
_BELOW = re.compile(
    rf"({re.escape(HOME)}[\\/]{{1,4}})(?!\.)(?i:({_any_of(_FOLDERS)})|({_any_of(_SERVICES)})(?:[ (_.\d-][^\\/\n]*)?)"
    r"(?:([\\/])[^\n]+|(?=[\\/]?$))"
)


def cut_documents(path: str) -> str:
    """A masked ``path`` without what lies below a folder of documents: ``<home>/Documents/…``."""
    return _BELOW.sub(_cut, path) if HOME in path else path


def _cut(found: re.Match[str]) -> str:
    home, folder, service, separator = found.groups("")
    return home + folder + service + (separator and separator + CUT)
